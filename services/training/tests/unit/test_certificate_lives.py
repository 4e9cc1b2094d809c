"""Random lives of a certificate and of those in its place: what its events tell alone is what holds.

The reading of the events is a second one, written plainly: it knows nothing of the rules that made them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from training_makers import EDUCATED, RULES, certificate

from chassis.errors import RuleBroken
from training.domain.certificate import CertificateStatus, Decision, Grounds, ended_suspended, term_began
from training.domain.education import YearTaken
from training.domain.parties import Person
from training.domain.term import end_of_term

SEQUENCES = 2000
ONE_DAY = timedelta(days=1)
DOCUMENT = "示例文号〔2026〕1号"
SHORT = [YearTaken(2027, 15, 16)]
ACTS = st.sampled_from(
    ["renew", "renew", "renew_short", "suspend", "suspend", "reinstate", "revoke", "reissue", "wait"]
)
# To the days on which something changes: the window of the renewal, the end, the end of the late renewal.
PAUSES = st.sampled_from([0, 1, 30, 89, 90, 365, 366, 1005, 1006, 1095, 1096])
LIVES = st.lists(st.tuples(ACTS, PAUSES, st.booleans()), max_size=14)  # with the sweep of the day, or before it


class Life:
    """One holder's certificates, as training keeps them day after day, and all that was announced."""

    def __init__(self):
        self.today = date(2026, 3, 13)
        first = certificate()
        self.certificates, self.histories, self.said = [first], {first.id: []}, []
        self.note(first, Decision.ISSUED)

    @property
    def held(self):
        return self.certificates[-1]

    def note(self, of, decision, event=None):
        self.histories[of.id].append(of.record(self.today, decision, Grounds()))
        if event is not None:
            self.said.append(event)

    def pass_days(self, days, is_swept):
        """The sweep ends what has run out; it may be late."""
        self.today += timedelta(days=days)
        for each in self.certificates:
            if is_swept and self.today > each.valid_until and (event := each.expire()):
                self.note(each, Decision.EXPIRED, event)

    def act(self, what):
        held = self.held
        if what in ("renew", "renew_short"):
            # What a term that ended suspended can't be is decided by the use case, from the history.
            if not ended_suspended(self.histories[held.id]):
                event = held.renew(self.today, EDUCATED if what == "renew" else SHORT, replace(RULES, version=2))
                self.note(held, Decision.RENEWED, event)
        elif what == "suspend":
            self.note(held, Decision.SUSPENDED, held.suspend(self.today, "示例", DOCUMENT))
        elif what == "reinstate":
            self.note(held, Decision.REINSTATED, held.reinstate(self.today, DOCUMENT))
        elif what == "revoke":
            self.note(held, Decision.REVOKED, held.revoke(self.today, "示例", DOCUMENT))
        elif what == "reissue":
            self.reissue(held)

    def reissue(self, held):
        number = len(self.certificates)
        holder = Person("person", "李明", "220102", "firm")
        again, event = held.reissue(f"certificate-{number}", f"number-{number}", holder, self.today, RULES)
        self.note(held, Decision.REPLACED, held.replace(again, self.today))
        self.certificates.append(again)
        self.histories[again.id] = []
        self.note(again, Decision.ISSUED, event)


def told(life):
    """By certificate: whether it holds today and until when its term is, from the events alone."""
    until = {"certificate": date(2029, 3, 12)}
    holds = {"certificate": True}
    for event in life.said:
        what = event.type.split(".")[1]
        if what in ("issued", "renewed", "reinstated"):
            day = event.issued_on if what == "issued" else event.on
            assert day <= event.valid_until, "it was announced to hold, and its term was over"
            holds[event.certificate_id], until[event.certificate_id] = True, event.valid_until
        elif what in ("suspended", "revoked", "replaced", "expired"):
            holds[event.certificate_id] = False
    return {key: (value and life.today <= until[key], until[key]) for key, value in holds.items()}


@given(LIVES)
@settings(max_examples=SEQUENCES, deadline=None)
def test_whatever_becomes_of_a_certificate_its_events_tell_what_holds(acts):
    life = Life()
    for what, days, is_swept in acts:
        life.pass_days(days, is_swept)
        ended = {each.id: each.status for each in life.certificates}
        said, term = len(life.said), life.held.valid_until
        try:
            life.act(what)
        except RuleBroken:
            assert len(life.said) == said, "what was refused was announced"
            assert {each.id: each.status for each in life.certificates} == ended
        final = (CertificateStatus.REVOKED, CertificateStatus.REPLACED)
        assert all(each.status == ended[each.id] for each in life.certificates if ended.get(each.id) in final)
        assert life.held.valid_until >= term, "a term never becomes shorter"
        assert sum(each.holds(life.today) for each in life.certificates) <= 1, "a holder has one certificate at most"
        assert {each.id: (each.holds(life.today), each.valid_until) for each in life.certificates} == told(life)
    for history in life.histories.values():
        keep_the_chain(history)


def keep_the_chain(history):
    """Each term begins on the day after the one before, or on the day of a late renewal; nothing comes out of order."""
    assert [record.on for record in history] == sorted(record.on for record in history)
    for before, record in pairwise(history):
        if record.decision == Decision.RENEWED:
            began, is_first = term_began(history[: history.index(record) + 1])
            assert (began, is_first) == (max(before.valid_until + ONE_DAY, record.on), False)
            assert record.valid_until == end_of_term(began, RULES.certificate_months)
        else:
            assert record.valid_until == before.valid_until
        if record.decision == Decision.EXPIRED:
            assert record.on > record.valid_until
