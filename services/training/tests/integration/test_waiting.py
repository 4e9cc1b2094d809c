"""The waiting list of a class, and nominations that are withdrawn; on a real database."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from training_world import CENTRE, CHANGCHUN, END, firm_id

from chassis.due import DueRow
from chassis.errors import NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from training import queries
from training.domain.class_refusals import ClassIsClosed
from training.domain.nomination import AlreadyWithdrawn, HasResults
from training.domain.places import AlreadyNominated
from training.queries import NominationFilters
from training.usecases import waiting
from training.usecases.nominations import Accepted, Refused, Waiting
from training.usecases.waiting import Withdraw

REASON = Withdraw("示例：本人因病不能参加")


def withdraw(centre, nomination_id, caller=CENTRE):
    return waiting.withdraw(centre.session, caller, nomination_id, REASON, centre.clock)


def listed(centre, training_class, caller=CENTRE, **filters):
    centre.session.flush()
    found = queries.list_nominations(
        centre.session, caller, training_class.id, NominationFilters(**filters), centre.clock.today(), PageArguments(50)
    )
    return [(one.person_id, one.status) for one in found.items]


def persons(events):
    return [event["person_id"] for event in events]


@pytest.fixture
def full(centre):
    """A class of two places with two enrolled and three waiting; the nominees, and what became of each."""
    items = centre.somebody(5)
    training_class = centre.schedule(capacity=2)
    return training_class, items, centre.nominate(training_class, items, wait=True)


def test_who_finds_no_place_waits_in_the_order_of_nomination(centre, full):
    training_class, items, results = full

    assert [type(result) for result in results] == [Accepted] * 2 + [Waiting] * 3
    assert [result.place for result in results[2:]] == [1, 2, 3]
    assert [event["place"] for event in centre.announced("nomination.waitlisted")] == [1, 2, 3]
    assert [status for _, status in listed(centre, training_class)] == ["enrolled"] * 2 + ["waiting"] * 3
    again = centre.nominate(training_class, items, wait=True)
    assert [type(result.refusal) for result in again] == [AlreadyNominated] * 5


def test_who_does_not_want_to_wait_is_refused(centre, full):
    training_class, _, _ = full
    [result] = centre.nominate(training_class, centre.somebody())

    assert isinstance(result, Refused)


def test_a_place_that_is_given_back_goes_to_who_waits_longest(centre, full):
    _, items, results = full
    centre.clock.move(days=1)
    withdraw(centre, results[0].nomination_id)
    withdraw(centre, results[3].nomination_id)
    withdraw(centre, results[1].nomination_id)

    people = [item["person_id"] for item in items]
    assert persons(centre.announced("nomination.promoted")) == [people[2], people[4]]
    assert persons(centre.announced("nomination.withdrawn")) == [people[0], people[3], people[1]]
    enrolled = centre.session.scalars(text("SELECT person_id FROM enrolment ORDER BY person_id")).all()
    assert sorted(enrolled) == sorted([people[2], people[4]])
    assert centre.gaps() == []


def test_who_has_withdrawn_may_be_nominated_again_and_then_waits_behind_the_others(centre, full):
    training_class, items, results = full
    withdraw(centre, results[2].nomination_id)
    centre.clock.move(days=1)
    [again] = centre.nominate(training_class, items[2:3], wait=True)

    assert (again.nomination_id, again.place) == (results[2].nomination_id, 3)
    withdraw(centre, results[0].nomination_id)
    assert persons(centre.announced("nomination.promoted")) == [items[3]["person_id"]]
    assert centre.gaps() == []


def test_a_place_kept_for_a_division_is_not_given_to_another_that_waits_for_longer(centre):
    others, kept = centre.somebody(2, ("220302",)), centre.somebody(2)
    training_class = centre.schedule(capacity=2, quotas={"220100": 1}, quotas_until=date(2026, 3, 5))
    first, *_ = centre.nominate(training_class, [*kept, *others], wait=True)
    withdraw(centre, first.nomination_id)

    assert persons(centre.announced("nomination.promoted")) == [kept[1]["person_id"]]


def test_places_that_were_not_used_go_to_those_who_wait_on_the_day_after_the_quotas_last(centre):
    others = centre.somebody(3, ("220302",))
    training_class = centre.schedule(capacity=3, quotas={"220100": 2}, quotas_until=date(2026, 3, 5))
    centre.nominate(training_class, others, wait=True)
    assert centre.planned("class.quotas_released") == [date(2026, 3, 6)]

    centre.go_to(date(2026, 3, 6))
    row = DueRow(1, waiting.QUOTAS_RELEASED, "s", "k", date(2026, 3, 6), {"class_id": training_class.id})
    waiting.release(centre.session, [row], centre.clock)
    waiting.release(centre.session, [row], centre.clock)
    assert persons(centre.announced("nomination.promoted")) == [item["person_id"] for item in others[1:]]


def test_nobody_nominated_on_that_day_gets_past_those_who_wait(centre):
    others, newcomer = centre.somebody(3, ("220302",)), centre.somebody(1, ("220302",))
    training_class = centre.schedule(capacity=3, quotas={"220100": 2}, quotas_until=date(2026, 3, 5))
    centre.nominate(training_class, others, wait=True)
    centre.go_to(date(2026, 3, 6))

    assert isinstance(centre.nominate(training_class, newcomer)[0], Refused)
    assert persons(centre.announced("nomination.promoted")) == [item["person_id"] for item in others[1:]]


def test_what_was_withdrawn_or_has_results_or_belongs_to_a_closed_class_is_not_withdrawn(centre, full):
    training_class, items, results = full
    withdraw(centre, results[4].nomination_id)
    with pytest.raises(AlreadyWithdrawn), centre.session.begin_nested():
        withdraw(centre, results[4].nomination_id)
    centre.attend(training_class, [items[0]["person_id"]])
    with pytest.raises(HasResults), centre.session.begin_nested():
        withdraw(centre, results[0].nomination_id)
    centre.go_to(END)
    centre.close(training_class)
    with pytest.raises(ClassIsClosed), centre.session.begin_nested():
        withdraw(centre, results[1].nomination_id)


def test_who_may_not_see_a_nomination_can_not_withdraw_it(centre):
    [siping] = centre.somebody(1, ("220302",))
    training_class = centre.schedule()
    [result] = centre.nominate(training_class, [siping])
    for caller in (CHANGCHUN, Caller("q", "enterprise", enterprise_id="another")):
        assert listed(centre, training_class, caller) == []
        with pytest.raises(NotFound):
            withdraw(centre, result.nomination_id, caller)

    own = Caller("q", "enterprise", enterprise_id=firm_id(0))
    assert withdraw(centre, result.nomination_id, own).status == "withdrawn"
    assert listed(centre, training_class, own, status="waiting") == []
