"""Classes that are announced, moved and cancelled, and who is told; on a real database."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from training_world import BEGIN, CENTRE, END

from chassis.due import DueRow
from chassis.errors import StaleVersion
from training.domain.class_refusals import (
    CapacityBelowTaken,
    ClassHasResults,
    ClassIsCancelled,
    EndsBeforeItStarts,
    SessionsDontFit,
)
from training.usecases import class_changes, openings
from training.usecases.class_changes import CancelClass, ChangeClass
from training.usecases.classes import NewSession

MOVED = {"starts_on": date(2026, 3, 16), "ends_on": date(2026, 3, 20)}


def change(centre, training_class, version=None, reason="示例：场地调整", **changes):
    command = ChangeClass(reason, **changes)
    version = version or training_class.version
    return class_changes.change(centre.session, CENTRE, training_class.id, version, command, centre.clock)


def cancel(centre, training_class):
    command = CancelClass("示例：报名人数不足")
    version = training_class.version
    return class_changes.cancel(centre.session, CENTRE, training_class.id, version, command, centre.clock)


def open_soon(centre, training_class):
    row = DueRow(1, openings.OPENING, "s", "k", BEGIN, {"class_id": training_class.id})
    openings.invite(centre.session, [row], centre.clock)


def people(items):
    return [item["person_id"] for item in items]


def told(centre, kind):
    return [event["person_id"] for event in centre.announced(kind)]


@pytest.fixture
def items(centre):
    """Three nominees for a class of two places."""
    return centre.somebody(3)


@pytest.fixture
def held(centre, items):
    training_class = centre.schedule(capacity=2, venue="示例市示例路1号")
    centre.nominate(training_class, items, wait=True)
    return training_class


def test_those_enrolled_are_told_once_when_and_where_the_class_begins(centre, held, items):
    assert centre.planned("class.opening") == [date(2026, 3, 2)]
    open_soon(centre, held)
    open_soon(centre, held)

    assert told(centre, "nomination.invited") == people(items[:2])
    [first, _] = centre.announced("nomination.invited")
    assert (first["starts_on"], first["ends_on"], first["venue"]) == (str(BEGIN), str(END), "示例市示例路1号")


def test_who_is_enrolled_after_that_is_told_at_once(centre, held, items):
    open_soon(centre, held)
    change(centre, held, capacity=4)
    late = centre.somebody()
    centre.nominate(held, late)

    assert told(centre, "nomination.promoted") == people(items[2:])
    assert told(centre, "nomination.invited") == people([*items, *late])
    assert centre.gaps() == []


def test_a_class_that_is_moved_is_told_to_all_who_are_nominated(centre, held, items):
    moved = change(centre, held, **MOVED)

    assert (moved.starts_on, moved.ends_on) == (MOVED["starts_on"], MOVED["ends_on"])
    assert told(centre, "nomination.rescheduled") == people(items)
    [event] = centre.announced("class.changed")
    assert (event["changed"], event["starts_on"]) == (["ends_on", "starts_on"], "2026-03-16")
    assert centre.planned("class.opening") == [date(2026, 3, 9)]


def test_more_places_go_to_those_who_wait_and_nobody_is_told_of_a_move(centre, held, items):
    change(centre, held, capacity=3)

    assert told(centre, "nomination.promoted") == people(items[2:])
    assert centre.announced("nomination.rescheduled") == []


def test_quotas_are_kept_as_long_before_the_first_day_as_they_were(centre):
    training_class = centre.schedule(quotas={"220100": 2})
    change(centre, training_class, **MOVED)

    assert training_class.quotas_until == date(2026, 3, 13)
    assert centre.planned("class.quotas_released") == [date(2026, 3, 14)]


def test_a_change_that_changes_nothing_is_not_announced(centre, held):
    assert change(centre, held, venue="示例市示例路1号").version == 1
    assert centre.announced("class.changed") == []


def test_a_class_can_not_be_changed_into_one_that_could_not_be_held(centre, held, items):
    with pytest.raises(EndsBeforeItStarts), centre.session.begin_nested():
        change(centre, held, ends_on=date(2026, 3, 8))
    with pytest.raises(CapacityBelowTaken), centre.session.begin_nested():
        change(centre, held, capacity=1)
    with pytest.raises(SessionsDontFit), centre.session.begin_nested():
        change(centre, held, sessions=[NewSession(BEGIN, "cqo_system", 16)])
    with pytest.raises(StaleVersion), centre.session.begin_nested():
        change(centre, held, version=7, capacity=3)
    centre.session.expire_all()
    centre.attend(held, people(items[:1]))
    with pytest.raises(ClassHasResults), centre.session.begin_nested():
        change(centre, held, **MOVED)
    with pytest.raises(ClassHasResults), centre.session.begin_nested():
        cancel(centre, held)

    assert centre.announced("class.changed") == centre.announced("nomination.rescheduled") == []


def test_sessions_move_with_the_class(centre):
    sessions = [NewSession(BEGIN, "update", 8)]
    held = centre.schedule(kind="continuing", lengths={"update": 8}, sessions=sessions, ends_on=BEGIN)
    centre.session.flush()
    with pytest.raises(SessionsDontFit), centre.session.begin_nested():
        change(centre, held, **MOVED)
    centre.session.expire_all()
    moved = change(centre, held, **MOVED, sessions=[NewSession(MOVED["starts_on"], "update", 8)])

    assert [(each.number, each.on) for each in moved.sessions] == [(1, MOVED["starts_on"])]


def test_a_class_that_is_cancelled_is_told_to_all_who_are_nominated_and_takes_nothing_more(centre, held, items):
    cancel(centre, held)

    assert told(centre, "nomination.cancelled") == people(items)
    assert [event["reason"] for event in centre.announced("class.cancelled")] == ["示例：报名人数不足"]
    assert centre.planned("class.opening") == []
    centre.session.flush()
    assert set(centre.session.scalars(text("SELECT status FROM nomination"))) == {"cancelled"}
    for refused in (
        lambda: centre.nominate(held, items),
        lambda: centre.close(held),
        lambda: cancel(centre, held),
        lambda: change(centre, held, capacity=9),
    ):
        with pytest.raises(ClassIsCancelled), centre.session.begin_nested():
            refused()
    open_soon(centre, held)
    assert centre.announced("nomination.invited") == []
    assert centre.gaps() == []
