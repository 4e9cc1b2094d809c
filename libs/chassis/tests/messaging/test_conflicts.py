"""The same version with another id: a fact in the place of a known one, told and never dropped."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from author.events import LotChanged, ThingChanged
from messaging_world import Operator, World
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.messaging import Envelope
from chassis.messaging.inbox.dead_letters import park_dead_letter
from chassis.messaging.inbox.origin import Fate, Origin
from testkit import RunningService, wait_for


@pytest.fixture
def operator(reader: Callable[..., RunningService], token: Callable[..., str]) -> Operator:
    """The reader runs, worker and API, and is operated."""
    return Operator(reader(process=None), token("ops"))


def another(event: Envelope) -> Envelope:
    """The event that a publisher put back to an earlier moment announces in the place of `event`."""
    return dataclasses.replace(event, id=new_id())


def send(world: World, *events: Envelope) -> None:
    world.send([event.to_bytes() for event in events])


def test_the_same_version_with_another_id_is_told_and_holds_up_nothing(world: World, operator: Operator) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2))
    first, second = world.events()
    other = another(first)
    send(world, first)
    wait_for(lambda: world.effects() == [("thing:a", 1)])
    send(world, other, first, other, second)
    wait_for(lambda: world.effects() == [("thing:a", 1), ("thing:a", 2)])

    (row,) = wait_for(world.parked)
    assert (row.state, row.version, row.event["id"]) == ("conflict", 1, other.id)
    assert first.id in row.reason, "it names the event that was applied"
    assert operator.get("/ops/state")[1]["inbox"]["conflicts"] == 1
    lines = [line for line in operator.service.log.read_text().splitlines() if "was announced twice" in line]
    assert len(lines) == 1, "one line, though it came twice"


def test_it_is_told_beside_events_that_fail(world: World, operator: Operator) -> None:
    world.announce("a", ThingChanged(1))
    for number in range(40):
        world.announce(f"bad{number}", ThingChanged(poison=True))
    first, *bad = world.events()
    other = another(first)
    send(world, first)
    wait_for(lambda: world.effects() == [("thing:a", 1)])
    world.send([event.to_bytes() for event in [*bad, other]], at_once=True)

    wait_for(lambda: ("thing:a", 1, "conflict") in world.states())


def test_a_repetition_of_what_was_applied_before_one_that_failed_is_no_conflict(
    world: World, operator: Operator
) -> None:
    for number in range(20):
        world.announce(f"o{number}", ThingChanged(1), ThingChanged(2, poison=True), ThingChanged(3))
    world.send([event.to_bytes() for event in world.events()], at_once=True)
    wait_for(lambda: len(world.effects()) == 20 and len(world.parked()) == 40)
    first = {event.aggregate: event.id for event in world.events() if event.sequence == 1}
    cursors = {row.aggregate: row.event_id for row in world.ask(world.reader, "SELECT * FROM inbox_cursor")}

    assert cursors == first
    world.announce("last", ThingChanged(1))
    send(world, *(event for event in world.events() if event.sequence == 1))
    wait_for(lambda: ("thing:last", 1) in world.effects())
    assert "conflict" not in [state for *_, state in world.states()]


def test_two_events_of_one_version_in_one_batch_are_told(world: World, operator: Operator) -> None:
    world.announce("a", LotChanged(1))
    (event,) = world.events()
    send(world, event, another(event), event)

    wait_for(lambda: world.states() == [("lot:a", 1, "conflict")])
    assert world.effects() == [("lot:a", 1)]


def test_another_event_in_the_place_of_one_that_waits_is_told(world: World, operator: Operator) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2))
    first, second = world.events()
    send(world, second)
    wait_for(lambda: world.states() == [("thing:a", 2, "blocked")])
    send(world, another(second))
    wait_for(lambda: sorted(state for *_, state in world.states()) == ["blocked", "conflict"])
    send(world, first)

    wait_for(lambda: world.effects() == [("thing:a", 1), ("thing:a", 2)])
    assert world.states() == [("thing:a", 2, "conflict")]


def test_an_operator_gives_a_conflict_up_but_cant_have_it_applied(world: World, operator: Operator) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2))
    first, second = world.events()
    send(world, first, another(first))
    (row,) = wait_for(world.parked)
    status, problem = operator.post(f"/ops/parked/{row.id}/replay")
    assert status == 409
    assert "Another event of this version is known already" in problem["detail"]
    operator.post("/ops/parked/replay")
    assert world.states() == [("thing:a", 1, "conflict")]
    assert operator.post(f"/ops/parked/{row.id}/skip", {"reason": "entered anew by hand"})[0] == 200
    send(world, second)

    wait_for(lambda: world.effects() == [("thing:a", 1), ("thing:a", 2)])
    assert world.parked() == []


def test_a_cursor_from_before_ids_were_kept_tells_nothing_until_its_next_event(
    world: World, operator: Operator
) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2))
    first, second = world.events()
    with world.reader.begin() as connection:
        connection.execute(text("INSERT INTO inbox_cursor (aggregate, version) VALUES ('thing:a', 1)"))
    send(world, another(first), second, another(second))

    wait_for(lambda: world.states() == [("thing:a", 2, "conflict")])
    assert world.effects() == [("thing:a", 2)]


def test_a_worker_of_the_version_before_leaves_no_earlier_id_behind(world: World, operator: Operator) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2), ThingChanged(3))
    first, second, third = world.events()
    send(world, first)
    wait_for(lambda: world.cursors() == {"thing:a": 1})
    with world.reader.begin() as connection:
        connection.execute(text("UPDATE inbox_cursor SET version = 2 WHERE aggregate = 'thing:a'"))
    send(world, second, third)

    wait_for(lambda: world.cursors() == {"thing:a": 3})
    assert world.parked() == []


def test_a_dead_letter_of_a_version_that_another_event_had_is_told(world: World) -> None:
    world.announce("a", ThingChanged(1))
    (event,) = world.events()
    with world.reader.begin() as connection:
        cursor = text("INSERT INTO inbox_cursor (aggregate, version, event_id) VALUES ('thing:a', 1, :id)")
        connection.execute(cursor, {"id": event.id})
    given_up = Fate(Origin("author.events", "thing.changed.v1"), was_rejected=False)
    with Session(world.reader) as session, session.begin():
        assert park_dead_letter(session, event.to_bytes(), given_up, tries=5) == "duplicate"
        assert park_dead_letter(session, another(event).to_bytes(), given_up, tries=5) == "conflict"

    assert world.states() == [("thing:a", 1, "conflict")]
