"""How long the inbox goes on trying what fails, and what becomes of events that it has set aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from author.events import LotChanged, ThingChanged
from messaging_world import World
from reader.storage import single
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.messaging.inbox.complaints import Complaints
from chassis.messaging.inbox.cursors import lock_cursors
from chassis.messaging.inbox.faults import SetAside
from chassis.messaging.inbox.likeness import Likeness
from chassis.messaging.inbox.parking import ToPark, park_many
from chassis.messaging.inbox.patience import Patience
from chassis.messaging.inbox.reasons import Reason
from testkit import RunningService, wait_for

Start = Callable[..., RunningService]


def test_a_type_is_set_aside_when_its_failures_have_taken_too_long_and_tried_again_later() -> None:
    now = 100.0
    patience = Patience(at_once=0.2, share=0.1, now=lambda: now)
    patience.spend("thing.changed.v1", 0.15)
    assert not patience.is_out("thing.changed.v1")
    patience.spend("thing.changed.v1", 0.15)
    assert patience.is_out("thing.changed.v1")
    assert not patience.is_out("lot.changed.v1")
    now = 101.1  # a tenth of the time that has passed

    assert not patience.is_out("thing.changed.v1")


def test_what_all_failing_events_have_in_common_is_what_others_lack(world: World) -> None:
    for number in range(3):
        world.announce(f"bad{number}", ThingChanged(number, poison=True))
    world.announce("good", ThingChanged(1))
    *bad, good = world.events()
    likeness = Likeness()
    assert not likeness.is_alike(bad[0]), "nothing has failed yet"
    likeness.note(bad[:2])

    assert "number" not in likeness.failing["thing.changed.v1"]
    assert likeness.is_alike(bad[2]) and not likeness.is_alike(good)


def set_aside(world: World, *subjects: str) -> None:
    """Parks the first events of `subjects` as the inbox does when their like fail."""
    events = {event.subject: event for event in world.events() if event.sequence == 1}
    with Session(world.reader) as session, session.begin():
        lock_cursors(session, [events[subject].aggregate for subject in subjects])
        fault = SetAside()
        park_many(session, [ToPark.failed(events[name], fault, Reason(str(fault)), (1,)) for name in subjects])


def test_what_was_set_aside_is_applied_in_order_or_waits_for_a_person(
    world: World, author: Start, reader: Start
) -> None:
    world.announce("good", ThingChanged(1), ThingChanged(2))
    world.announce("bad", ThingChanged(1, poison=True), ThingChanged(2))
    world.announce("broken", ThingChanged(1, broken=True))
    world.announce("early", ThingChanged(failure_rate=1.0))
    set_aside(world, "good", "bad", "broken", "early")
    reader(), author()
    held = [("thing:bad", 1, "waiting"), ("thing:bad", 2, "blocked"), ("thing:broken", 1, "waiting")]
    wait_for(lambda: [each for each in world.states() if each[0] != "thing:early"] == held)
    wait_for(lambda: ("thing:early", 1, "waiting") in world.states(), 20)
    reasons = {row.aggregate: row.reason for row in world.parked() if row.version == 1}

    assert world.effects() == [("thing:good", 1), ("thing:good", 2)]
    assert reasons["thing:bad"] == "ValueError: a bug in the handler"
    assert reasons["thing:broken"].startswith("IntegrityError")


def test_one_that_kills_its_process_in_a_group_is_found_at_the_second_crash(world: World, reader: Start) -> None:
    for number in range(5):
        world.announce(f"good{number}")
    world.announce("killer", ThingChanged(crash=True))
    set_aside(world, "killer", *(f"good{number}" for number in range(5)))
    crashes = 0
    while crashes < 5:
        worker = reader(ready=False)
        wait_for(lambda worker=worker: not worker.alive or world.states() == [("thing:killer", 1, "waiting")], 20)
        if worker.alive:
            break
        crashes += 1

    assert crashes == 2
    assert len(world.effects()) == 5


def test_a_constraint_that_is_looked_at_at_the_commit_stops_its_own_event_only(
    world: World, author: Start, reader: Start
) -> None:
    for number in range(30):
        world.announce(f"o{number}", LotChanged(broken=number == 7))
    author(), reader()
    wait_for(lambda: len(world.effects()) == 29 and world.states() == [("lot:o7", 1, "waiting")])

    assert world.figures(but=[("lot:o7", 1)]).perfect


def test_a_slow_handler_that_is_not_stuck_is_given_the_time_it_needs_for_each_event(
    world: World, author: Start, reader: Start
) -> None:
    # Together they take twice as long as one event may.
    world.announce_many(20, 1, ThingChanged(seconds=0.2))
    author(), reader()
    seen: list[Any] = []
    wait_for(lambda: seen.extend(world.parked()) or len(world.effects()) == 20, 20)

    assert seen == []


def test_one_constraint_is_told_of_once_wherever_it_was_found(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.announce("broken", ThingChanged(1, broken=True))
    (event,) = world.events()
    complaints = Complaints()
    for found_early in (True, False):
        with pytest.raises(IntegrityError) as raised, Session(world.reader) as session, session.begin():
            session.execute(insert(single), [{"key": "twice"}, {"key": "twice"}])
            if found_early:
                session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        complaints.tell(event, raised.value, "waiting")

    assert sum("is parked" in line for line in caplog.messages) == 1
