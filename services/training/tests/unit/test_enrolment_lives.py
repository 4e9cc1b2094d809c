"""Random lives of a class and of those nominated for it: whatever happens in whatever order, no invariant is broken.

What is asserted is worked out here a second time, plainly and from the events that were announced.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from training_makers import RULES, initial_class

from chassis.errors import RuleBroken
from training.domain.appeal import Appeal, AppealIsOpen, AppealStatus
from training.domain.enrolment import Enrolment, Grounds, NotEnrolled, NotJudgedYet, RevisionCause
from training.domain.nomination import Nomination, NominationStatus, NoPlace
from training.domain.parties import Enterprise, Person
from training.domain.places import Places
from training.domain.training_class import BLOCKS, ClassStatus

SEQUENCES = 2000
FIRST = date(2026, 3, 1)
KEPT_UNTIL = date(2026, 3, 6)
COUNTY, NEIGHBOUR, ELSEWHERE = "220102", "220103", "220302"
HOMES = (COUNTY, NEIGHBOUR, ELSEWHERE, COUNTY, ELSEWHERE, ELSEWHERE, ELSEWHERE)
PREFECTURE = "220100"
BEFORE = ["nominate"] * 6 + ["withdraw", "attend", "attend", "sit", "sit", "sit", "wait", "resit", "appeal"]
AFTER = ["resit", "resit", "correct", "correct", "appeal", "appeal", "decide", "decide", "wait", "sit", "nominate"]
SETTLED = {"submitted": "enrolled", "promoted": "enrolled", "waitlisted": "waiting", "withdrawn": "withdrawn"}


@st.composite
def class_lives(draw):
    """Capacity and quota of a class, and acts before and after its closing: which, whose, a number, days that pass."""
    capacity = draw(st.integers(1, 4))

    def acts(kinds, most):
        act = st.tuples(st.sampled_from(kinds), st.integers(0, len(HOMES) - 1), st.integers(0, 100), st.integers(0, 2))
        return draw(st.lists(act, max_size=most))

    closing = [("close", 0, 0, 0)]
    return capacity, draw(st.integers(0, capacity)), [*acts(BEFORE, 20), *closing, *acts(AFTER, 12)]


class Centre:
    """One class as the training centre keeps it, and all that was announced of it, in order."""

    def __init__(self, capacity, quota):
        quotas = {PREFECTURE: quota} if quota else {}
        self.training_class = initial_class(quotas=quotas, quotas_until=KEPT_UNTIL)
        self.training_class.capacity = capacity
        self.training_class.schedule(RULES)
        self.quota, self.today, self.turn = quota, FIRST, 0
        self.nominations, self.enrolments, self.appeals, self.said = {}, {}, [], []
        self.certified = set()

    def say(self, event):
        self.said.append(event)
        return event

    def places(self):
        waiting = {who for who, each in self.nominations.items() if each.status == NominationStatus.WAITING}
        taken = {who: HOMES[who] for who in self.enrolments}
        within = {PREFECTURE: frozenset({COUNTY, NEIGHBOUR})}
        return Places(self.training_class.capacity, self.training_class.quotas_on(self.today), within, taken, waiting)

    def act(self, kind, who, number, days):
        self.turn += 1
        if days and kind == "wait":
            self.today += timedelta(days=days)
            self.move_up()
            return
        if self.training_class.status == ClassStatus.CLOSED and self.enrolments and kind != "nominate":
            who = sorted(self.enrolments)[who % len(self.enrolments)]
        getattr(self, kind)(who, number)

    def wait(self, who, number):
        pass  # no day passed

    def nominate(self, who, number):
        self.move_up()
        firm = Enterprise(f"e{who}", "示例企业", HOMES[who])
        parties = self.training_class, firm, Person(who, "李明", HOMES[who], firm.id), self.places()
        try:
            made, event = Nomination.submit(f"n{who}", *parties, self.today)
        except NoPlace:
            since = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.turn)
            made, event = Nomination.wait(f"n{who}", *parties, since, self.today)
        else:
            self.enrol(who)
        self.nominations[who] = made
        self.say(event)

    def enrol(self, who):
        assert who not in self.enrolments, "two enrolments of one person"
        self.enrolments[who] = Enrolment(f"o{who}", "class", who, f"e{who}", HOMES[who])

    def move_up(self):
        if self.training_class.status != ClassStatus.OPEN:
            return
        waiting = [each for each in self.nominations.values() if each.status == NominationStatus.WAITING]
        free = self.places()
        for each in sorted(waiting, key=lambda nomination: nomination.waiting_since):
            could = self.has_place(each.division)
            try:
                event = each.promote(self.training_class, free, self.today)
            except NoPlace:
                assert not could, f"{each.person_id} waits although there is a place"
                continue
            assert could, f"{each.person_id} got a place that there is not"
            self.enrol(each.person_id)
            self.say(event)

    def has_place(self, division):
        """Read plainly, for one quota: whether somebody from there could have a place now."""
        taken = len(self.enrolments)
        if not self.quota or self.today > KEPT_UNTIL:
            return taken < self.training_class.capacity
        of_quota = sum(HOMES[who] != ELSEWHERE for who in self.enrolments)
        if division != ELSEWHERE:
            return taken < self.training_class.capacity and of_quota < self.quota
        return taken + max(self.quota - of_quota, 0) < self.training_class.capacity

    def withdraw(self, who, number):
        enrolment = self.enrolments.get(who)
        has_results = enrolment is not None and bool(enrolment.hours or enrolment.scores)
        self.say(self.known(who).withdraw(self.training_class, has_results, "调离", self.today))
        self.enrolments.pop(who, None)
        self.move_up()

    def known(self, who):
        if who not in self.nominations:
            raise NotEnrolled()
        return self.nominations[who]

    def enrolled(self, who):
        if who not in self.enrolments:
            raise NotEnrolled()
        return self.enrolments[who]

    def attend(self, who, number):
        self.training_class.require_open()
        for block in self.training_class.blocks:
            self.enrolled(who).attend(self.training_class, block.name, block.hours if number > 30 else number / 10)

    def sit(self, who, number):
        self.training_class.require_open()
        self.enrolled(who).sit(1 + number % 4, number, RULES)

    def close(self, who, number):
        self.today = max(self.today, self.training_class.ends_on)
        self.training_class.require_open()
        for enrolment in self.enrolments.values():
            self.say(enrolment.complete(self.training_class, RULES, self.today))
        passed = {who for who, each in self.enrolments.items() if each.passed}
        self.certified |= passed
        self.say(self.training_class.close(self.today, len(passed), len(self.enrolments) - len(passed)))

    def resit(self, who, number):
        enrolment = self.enrolled(who)
        before = dict(enrolment.scores)
        enrolment.resit(self.training_class, number, RULES, self.today)
        assert before.items() < enrolment.scores.items(), "a resit is a further sitting, and replaces none"
        self.revise(who, RevisionCause.RESIT)

    def correct(self, who, number):
        enrolment = self.enrolled(who)
        if self.training_class.status != ClassStatus.CLOSED:
            raise NotJudgedYet()
        if number % 2:
            enrolment.attend(self.training_class, BLOCKS[0], number % 17)
        else:
            enrolment.sit(1, number, RULES)
        self.revise(who, RevisionCause.CORRECTION)

    def revise(self, who, cause):
        event = self.enrolments[who].revise(self.training_class, RULES, cause, Grounds(), self.today)
        self.say(event)
        if event.passed and not event.passed_before:
            self.certified.add(who)
        elif event.passed_before and not event.passed:
            self.certified.remove(who)

    def appeal(self, who, number):
        enrolment = self.enrolled(who)
        if any(each.person_id == who and each.status == AppealStatus.OPEN for each in self.appeals):
            raise AppealIsOpen()
        made, event = Appeal.submit(f"p{len(self.appeals)}", enrolment, "登分有误", RULES, self.today)
        assert self.today <= enrolment.completed_on + timedelta(days=15)
        self.appeals.append(made)
        self.say(event)

    def decide(self, who, number):
        if self.appeals:
            last = self.appeals[-1]
            self.say(last.decide(number > 50, "复核", "示例〔2026〕1号", self.today))

    def check(self):
        """What holds after each act."""
        waiting = {who for who, each in self.nominations.items() if each.status == NominationStatus.WAITING}
        enrolled = {who for who, each in self.nominations.items() if each.status == NominationStatus.ENROLLED}
        assert len(self.enrolments) <= self.training_class.capacity
        assert enrolled == self.enrolments.keys() and not enrolled & waiting
        if self.training_class.status == ClassStatus.OPEN:
            assert not any(self.has_place(HOMES[who]) for who in waiting), "a place is free, and somebody waits for it"
            if self.quota and self.today <= KEPT_UNTIL:
                of_quota = sum(HOMES[who] != ELSEWHERE for who in enrolled)
                assert of_quota <= self.quota
                assert len(enrolled) - of_quota <= self.training_class.capacity - self.quota


def has_passed(training_class, enrolment):
    """Read plainly: at least 90 % of the hours, and 60 in a sitting."""
    hours = sum(enrolment.hours.get(block.name, 0) for block in training_class.blocks)
    return hours * 10 >= training_class.hours * 9 and any(score >= 60 for score in enrolment.scores.values())


def told(events):
    """What the events alone tell: what became of each nomination, and of each outcome."""
    nominations, outcomes, certified = {}, {}, set()
    for event in events:
        family, what, _ = event.type.split(".")
        if family == "nomination":
            nominations[event.person_id] = SETTLED[what]
        elif family == "enrolment":
            if what == "revised":
                assert event.passed_before == outcomes[event.person_id], "a revision rests on the outcome before it"
            outcomes[event.person_id] = event.passed
            (certified.add if event.passed else certified.discard)(event.person_id)
    return nominations, outcomes, certified


REACHED: Counter[str] = Counter()


@given(class_lives())
@settings(max_examples=SEQUENCES, deadline=None)
def test_a_class_keeps_to_its_places_its_order_and_its_rules(life):
    capacity, quota, acts = life
    centre = Centre(capacity, quota)
    for act in acts:
        said = len(centre.said)
        try:
            centre.act(*act)
        except RuleBroken:
            assert len(centre.said) == said or act[0] == "nominate", "what was refused was announced"
        centre.check()

    judged = {who: each for who, each in centre.enrolments.items() if each.passed is not None}
    assert bool(judged) <= (centre.training_class.status == ClassStatus.CLOSED)
    assert centre.certified == {who for who, each in judged.items() if has_passed(centre.training_class, each)}
    assert all(len(each.scores) <= 1 + RULES.resits for each in centre.enrolments.values())
    # The events alone tell what is kept, in whatever order those of different people come.
    for events in (centre.said, sorted(centre.said, key=lambda event: str(getattr(event, "person_id", "")))):
        nominations, outcomes, certified = told(events)
        assert nominations == {who: str(each.status) for who, each in centre.nominations.items()}
        assert outcomes == {who: each.passed for who, each in judged.items()}
        assert certified == centre.certified
    REACHED.update({event.type for event in centre.said})


def test_the_random_lives_reach_everything():
    wanted = {"submitted", "waitlisted", "promoted", "withdrawn"}
    assert {f"nomination.{each}.v1" for each in wanted} <= REACHED.keys()
    assert {"enrolment.completed.v1", "enrolment.revised.v1", "appeal.decided.v1", "class.closed.v1"} <= REACHED.keys()
