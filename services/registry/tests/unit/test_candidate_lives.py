"""Random lives of candidates: recommended, reviewed, returned, excluded meanwhile, certified, appointed or not.

What is asserted is worked out here a second time, plainly and from all that happened.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import registry_makers as make
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lives import TERM, day, is_valid, vars_of

from chassis.errors import RuleBroken
from registry.domain.appointment import Capacity
from registry.domain.candidacy import AppointedBy, Candidacy, Document, Terms
from registry.domain.eligibility import Dossier, assess
from registry.domain.exclusion import Exclusion
from registry.domain.person import Person, restate
from registry.domain.post import Post
from registry.domain.recommendation import (
    CRITERIA,
    OPEN,
    AlreadyRecommended,
    Finding,
    Outcome,
    Recommendation,
    RecommendationStatus,
)
from registry.domain.standing import pool_steps
from registry.domain.talent import TalentStatus

SEQUENCES = 2000
ACTS = ["recommend"] * 3 + ["review"] * 5 + ["complete"] * 2 + ["withdraw", "exclude", "lift", "issue", "issue"]
ACTS += ["revoke", "appoint", "appoint"]
STATUS_AFTER = {
    "made": RecommendationStatus.RECOMMENDED,
    "returned": RecommendationStatus.RETURNED,
    "admitted": RecommendationStatus.ADMITTED,
    "refused": RecommendationStatus.REFUSED,
    "withdrawn": RecommendationStatus.WITHDRAWN,
}
REMARKS = ("材料不全", None)
REACHED: Counter[str] = Counter()


@st.composite
def candidate_lives(draw):
    """Up to twenty acts: days that pass before it, which, on whom, for which firm, and a number that decides."""
    act = st.tuples(
        st.integers(0, 30), st.sampled_from(ACTS), st.integers(0, 1), st.integers(0, 1), st.integers(0, 127)
    )
    return draw(st.lists(act, min_size=4, max_size=20))


class Bureau:
    """Two people and two firms, as the register holds them, and what was announced of each recommendation."""

    def __init__(self):
        self.today = day(0)
        self.people = [make.person(), Person(**{**vars_of(make.person()), "id": "p2"})]
        self.posts = [make.post(), Post(**{**vars_of(make.post()), "id": "s2", "enterprise_id": "e2"})]
        self.firms = [make.enterprise(registered_on=day(0)), make.enterprise(id="e2", registered_on=day(0))]
        self.recommendations, self.said, self.appointments = [], {}, []
        self.decisions = {"p1": [], "p2": []}
        self.facts = {"p1": [], "p2": []}
        self.exclusions = {"p1": [], "p2": []}

    def act(self, kind, who, where, number):
        getattr(self, kind)(self.people[who], where, number)

    def under_way(self, person, where):
        of = (each for each in self.recommendations if each.person_id == person.id)
        return [each for each in of if each.enterprise_id == self.firms[where].id and each.status in OPEN]

    def last(self, person, where):
        """The last recommendation of a person by a firm, decided or not; they are offered what is decided too."""
        of = [each for each in self.recommendations if each.person_id == person.id]
        return next((each for each in reversed(of) if each.enterprise_id == self.firms[where].id), None)

    def recommend(self, person, where, number):
        if self.under_way(person, where):
            raise AlreadyRecommended()
        name, firm = f"r{len(self.recommendations)}", self.firms[where].id
        made, event = Recommendation.make(name, firm, person, "示例荐1号", self.today, make.RULES)
        self.recommendations.append(made)
        self.said[made.id] = [event]

    def review(self, person, where, number):
        found = self.last(person, where)
        if found is None:
            return
        outcome = (Outcome.ADMIT, Outcome.ADMIT, Outcome.RETURN, Outcome.REFUSE)[number % 4]
        findings = [Finding(rule, bool(number >> place & 1), "核对原件") for place, rule in enumerate(CRITERIA, 2)]
        asked = findings[1:] if number > 120 else findings
        decisions, event = found.review(asked, outcome, REMARKS[number % 16 == 7], "li", self.today)
        self.decisions[person.id] += decisions
        self.said[found.id].append(event)
        if outcome == Outcome.ADMIT:
            assert sorted(each.rule for each in decisions if each.met) == ["R30", "R31", "R32"]

    def complete(self, person, where, number):
        found = self.last(person, where)
        if found is not None:
            self.said[found.id].append(found.complete("示例荐2号", self.today, make.RULES))

    def withdraw(self, person, where, number):
        found = self.last(person, where)
        if found is not None:
            self.said[found.id].append(found.withdraw("调离", self.today))

    def exclude(self, person, where, number):
        begins = self.today + timedelta(days=number % 20 - 10)
        until = begins + timedelta(days=number) if number % 3 else None
        name = f"x{len(self.exclusions[person.id])}"
        self.exclusions[person.id].append(Exclusion(name, "index", "失信", "示例1号", begins, self.today, until))

    def lift(self, person, where, number):
        for each in self.exclusions[person.id]:
            each.lift(self.today, "示例2号")

    def issue(self, person, where, number):
        name = f"{person.id}-{len(self.facts[person.id])}"
        self.facts[person.id].append(make.issued(self.today, self.today + TERM, name))

    def revoke(self, person, where, number):
        if self.facts[person.id]:
            certificate = self.facts[person.id][-1].certificate_id
            self.facts[person.id].append(make.revoked(self.today, certificate))

    def appoint(self, person, where, number):
        post = self.posts[where]
        mine = [each for each in self.appointments if person.id == each.person_id or post.id == each.post_id]
        terms = Terms(
            appointed_on=self.today,
            appointed_by=AppointedBy("王强", Capacity.LEGAL_REPRESENTATIVE),
            document=Document("示例〔2026〕1号", self.today),
            authorisation="授权书 1 号",
            position="副总经理",
            decision_level=True,
        )
        candidacy = Candidacy(person, post, self.firms[where], self.dossier(person.id), mine)
        made, _ = candidacy.appoint(f"a{len(self.appointments)}", terms, make.RULES, self.today)
        self.appointments.append(made)
        REACHED["appointed"] += 1
        assert is_valid(self.facts[person.id], self.today), "appointed without a certificate"
        assert not self.is_excluded(person.id, self.today), "appointed though excluded"
        assert self.found(person.id, "R32", self.today) is not False, "appointed though a reviewer found R32 not met"

    def dossier(self, person_id):
        stated = restate(person_id, [], {"quality_years": 5, "declaration": True}, day(0))
        return Dossier(stated, self.exclusions[person_id], self.facts[person_id], [], self.decisions[person_id])

    def is_excluded(self, person_id, on):
        terms = [(each.valid_from, each.valid_to or date.max) for each in self.exclusions[person_id]]
        return any(begins <= on <= until for begins, until in terms)

    def found(self, person_id, rule, on):
        """What a reviewer found last of a criterion by that day; None where none did."""
        of = [each.met for each in self.decisions[person_id] if each.rule == rule and each.decided_on <= on]
        return of[-1] if of else None


def check_recommendations(bureau):
    """The events alone tell what is kept, of each object by itself; what is decided stays so."""
    for each in bureau.recommendations:
        words = [event.type.split(".")[1] for event in bureau.said[each.id]]
        assert STATUS_AFTER[words[-1]] == each.status
        assert words[0] == "made" and not {"admitted", "refused", "withdrawn"} & set(words[:-1])
        made = [event for event in bureau.said[each.id] if event.type == "recommendation.made.v1"]
        assert words.count("returned") - len(made) in (-1, 0), "it comes again only after it was returned"
        assert each.review_due_on == made[-1].on + timedelta(days=make.RULES.review_days)
        REACHED.update(words)


def check_eligibility(bureau, days):
    """R30 and R32 on each day are what was stated, excluded and found until then."""
    for person_id in ("p1", "p2"):
        for on in days:
            assessed = assess(person_id, bureau.dossier(person_id), on, make.RULES)
            criteria = {each.rule: each.met for each in assessed.criteria}
            said = bureau.found(person_id, "R30", on) is not False
            assert criteria["R30"] == (said and not bureau.is_excluded(person_id, on)), on
            assert criteria["R32"] == (bureau.found(person_id, "R32", on) is not False), on


def check_pool(bureau, days):
    """Who is in the pool holds a valid certificate and is not excluded, whatever became known first."""
    for person_id in ("p1", "p2"):
        facts, exclusions = bureau.facts[person_id], bureau.exclusions[person_id]
        steps = pool_steps(facts, exclusions, bureau.today)
        by_certificate = sorted(facts, key=lambda fact: fact.certificate_id)
        assert pool_steps(by_certificate, exclusions[::-1], bureau.today) == steps
        # Between two events nothing is said: a certificate has run out, and training has not said so yet.
        turns = {fact.on for fact in facts} | {turn for each in exclusions for turn in each.turns()}
        for on in sorted(turn for turn in turns if turn <= bureau.today and facts and turn >= facts[0].on):
            held = next(step.status for step in reversed(steps) if step.on <= on)
            is_in = is_valid(facts, on) and not bureau.is_excluded(person_id, on)
            assert held == (TalentStatus.IN_POOL if is_in else TalentStatus.LAPSED), on


@given(candidate_lives())
@settings(max_examples=SEQUENCES, deadline=None)
def test_a_candidate_is_admitted_and_appointed_only_with_each_criterion_met(acts):
    bureau, days = Bureau(), set()
    for passed, *act in acts:
        bureau.today += timedelta(days=passed)
        days.add(bureau.today)
        try:
            bureau.act(*act)
        except RuleBroken as refused:
            REACHED[type(refused).__name__] += 1
        for person in bureau.people:
            assert all(len(bureau.under_way(person, where)) <= 1 for where in (0, 1))

    check_recommendations(bureau)
    check_eligibility(bureau, days)
    check_pool(bureau, days)


def test_the_random_lives_reach_everything():
    refusals = {"CriteriaUnmet", "NotEveryCriterion", "ReasonMissing", "WaitsForEnterprise", "NotReturned"}
    refusals |= {"AlreadyRecommended", "AlreadyDecided", "AlreadyLifted"}
    assert {*STATUS_AFTER, "appointed"} | refusals <= REACHED.keys()
