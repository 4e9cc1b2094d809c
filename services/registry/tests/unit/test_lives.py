"""Random lives of certificates and appointments: whatever happens in whatever order, no invariant is broken.

What is asserted is worked out here a second time, plainly and from all that happened.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import registry_makers as make
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import RuleBroken
from registry.domain.appointment import AppointmentStatus, Capacity
from registry.domain.candidacy import AppointedBy, Candidacy, Document, Terms
from registry.domain.certificates import CertificateFact, CertificateStatus
from registry.domain.eligibility import Dossier
from registry.domain.person import Person, restate
from registry.domain.post import Post
from registry.domain.standing import NEVER_IN_POOL, Said, office_steps, pool_steps, unsaid
from registry.domain.talent import TalentStatus

SEQUENCES = 2000
FIRST = date(2026, 1, 1)
DAYS = 400
TERM = timedelta(days=150)
THOROUGH = settings(max_examples=SEQUENCES, deadline=None)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def lives(draw, certificate: str) -> list[CertificateFact]:
    """What is announced of one certificate, in its own order: issued, renewed, expired, revoked."""
    on = day(draw(st.integers(0, 200)))
    until = on + TERM
    facts = [make.issued(on, until, certificate)]
    for what in draw(st.lists(st.sampled_from(["renewed", "expired", "revoked"]), max_size=4)):
        on += timedelta(days=draw(st.integers(0, 60)))
        if what == "renewed":
            until = max(until, on) + TERM
            facts.append(make.issued(on, until, certificate))
        elif what == "expired":
            on = max(on, until + timedelta(days=1))
            facts.append(make.expired(on, certificate))
        else:
            facts.append(make.revoked(on, certificate))
            break
    return facts


@st.composite
def announced(draw) -> list[CertificateFact]:
    """What is announced of up to three certificates of one person; each keeps its order, and no two have one."""
    left = [draw(lives(f"c{number}")) for number in range(draw(st.integers(1, 3)))]
    told = []
    while left:
        life = draw(st.sampled_from(left))
        told.append(life.pop(0))
        left = [each for each in left if each]
    return told


def is_valid(facts: list[CertificateFact], on: date) -> bool:
    """Read plainly: whether some certificate, by the last that happened to it until that day, entitles its holder."""
    by_certificate = defaultdict(list)
    for fact in facts:
        if fact.on <= on:
            by_certificate[fact.certificate_id].append(fact)
    for known in by_certificate.values():
        last = known[-1]  # each certificate's own facts come in order
        was_revoked = any(fact.status == CertificateStatus.REVOKED for fact in known)
        if not was_revoked and last.status == CertificateStatus.VALID and last.valid_from <= on <= last.valid_until:
            return True
    return False


@given(announced())
@THOROUGH
def test_what_was_said_of_the_pool_is_what_the_certificates_give_on_each_day(facts):
    known, said = [], [NEVER_IN_POOL]
    for fact in facts:
        known.append(fact)
        said += [Said(step.on, step.status) for step in unsaid(said, pool_steps(known))]

    first = min(fact.on for fact in facts)
    # Between two events nothing is said: a certificate has run out, and training has not said so yet.
    for on in sorted({fact.on for fact in facts}):
        held = next(status for since, status, _ in reversed(said) if since <= on)
        assert held == (TalentStatus.IN_POOL if is_valid(facts, on) else TalentStatus.LAPSED), on
    assert not any(each.on < first for each in said[1:])


@given(announced(), st.integers(0, 300))
@THOROUGH
def test_what_was_said_of_an_appointment_does_not_depend_on_the_order_between_certificates(facts, appointed):
    sorted_by_certificate = sorted(facts, key=lambda fact: fact.certificate_id)
    ends = []
    for told in (facts, sorted_by_certificate):
        known, said = [], [Said(day(appointed), AppointmentStatus.ACTIVE)]
        for fact in told:
            known.append(fact)
            steps = office_steps(day(appointed), known, lambda on: make.RULES)
            said += [Said(step.on, step.status) for step in unsaid(said, steps)]
        days = sorted({fact.on for fact in facts if fact.on >= day(appointed)})
        ends.append([next(status for since, status, _ in reversed(said) if since <= on) for on in days])

        for on, status in zip(days, ends[-1], strict=True):
            if is_valid(facts, on):
                assert status == AppointmentStatus.ACTIVE, on
    assert ends[0] == ends[1]


@st.composite
def office_lives(draw):
    """Up to twelve acts on two people and two posts of two enterprises, each on a day not before the last one's."""
    acts, today = [], 0
    for _ in range(draw(st.integers(1, 12))):
        today += draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["appoint", "appoint", "end", "submit", "return", "file", "issue", "revoke"]))
        acts.append((kind, today, draw(st.integers(0, 40)), draw(st.integers(0, 1)), draw(st.integers(0, 1))))
    return acts


class Office:
    """Two people, two posts, and what the register would hold of them."""

    def __init__(self):
        self.people = [make.person(), Person(**{**vars_of(make.person()), "id": "p2"})]
        self.posts = [make.post(), Post(**{**vars_of(make.post()), "id": "s2", "enterprise_id": "e2"})]
        self.firms = [make.enterprise(), make.enterprise(id="e2")]
        self.facts = {"p1": [], "p2": []}
        self.appointments = []

    def act(self, kind, today, back, who, where):
        person, on = self.people[who], day(max(0, today - back))
        if kind == "issue":
            number = f"{person.id}-{len(self.facts[person.id])}"
            self.facts[person.id].append(make.issued(day(today), day(today) + TERM, number))
        elif kind == "revoke" and self.facts[person.id]:
            last = self.facts[person.id][-1]
            self.facts[person.id].append(make.revoked(day(today), last.certificate_id))
        elif kind == "appoint":
            self.appoint(person, where, on, day(today))
        else:
            self.change(kind, person, on, day(today))

    def appoint(self, person, where, on, today):
        post = self.posts[where]
        mine = [each for each in self.appointments if person.id == each.person_id or post.id == each.post_id]
        stated = restate(person.id, [], {"quality_years": 5, "declaration": True}, FIRST)
        dossier = Dossier(facts=stated, certificates=list(self.facts[person.id]))
        number = f"a{len(self.appointments)}"
        terms = Terms(
            appointed_on=on,
            appointed_by=AppointedBy("王强", Capacity.LEGAL_REPRESENTATIVE),
            document=Document("示例〔2026〕1号", on),
            authorisation="授权书 1 号",
            position="副总经理",
            decision_level=True,
        )
        made, _ = Candidacy(person, post, self.firms[where], dossier, mine).appoint(number, terms, make.RULES, today)
        assert is_valid(self.facts[person.id], on), "appointed without a certificate"
        self.appointments.append(made)

    def change(self, kind, person, on, today):
        mine = [each for each in self.appointments if each.person_id == person.id]
        if not mine:
            return
        last = mine[-1]
        if kind == "end":
            last.end(on, "调离", today)
        elif kind == "submit":
            last.submit(on, today)
        elif kind == "return":
            last.return_filing(today, "材料不全", make.RULES)
        elif kind == "file":
            last.file(today, f"N{last.id}", today)


def vars_of(thing):
    return {name: getattr(thing, name) for name in thing.__dataclass_fields__}


@given(office_lives())
@THOROUGH
def test_a_post_has_one_holder_a_person_one_post_and_late_is_by_the_day_of_submission(acts):
    office = Office()
    for act in acts:
        try:
            office.act(*act)
        except RuleBroken:
            continue  # refused; what stands must not have changed to something that breaks a rule

    for on in (day(number) for number in range(0, DAYS, 3)):
        in_office = [
            each
            for each in office.appointments
            if each.appointed_on <= on and (each.ended_on is None or on <= each.ended_on)
        ]
        assert len({each.post_id for each in in_office}) == len(in_office), on
        assert len({each.person_id for each in in_office}) == len(in_office), on
    for each in office.appointments:
        if each.filed_on is not None:
            assert each.submitted_on is not None and each.appointed_on <= each.submitted_on <= each.filed_on
            assert each.filed_late == (each.submitted_on > each.filing_due_on)
            assert each.returned_on is None
