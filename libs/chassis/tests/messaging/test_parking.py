"""Events that can't be applied: they hold up their own aggregate only, and a person replays or skips them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from author.events import LotChanged, ThingChanged
from messaging_world import Operator, World
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.messaging.inbox import parking
from chassis.messaging.inbox.cursors import lock_cursors, move_cursors
from testkit import RunningService, wait_for

Start = Callable[..., RunningService]


@pytest.fixture
def operator(reader: Start, token: Callable[..., str]) -> Operator:
    """The reader runs, worker and API, and is operated."""
    return Operator(reader(process=None), token("ops"))


@pytest.fixture
def held_up(world: World, author: Start, operator: Operator) -> list[Any]:
    """Of three events of one aggregate the first fails for good; returns the three parked rows."""
    world.announce("bad", ThingChanged(1, poison=True), ThingChanged(2), ThingChanged(3))
    world.announce("good", ThingChanged(1))
    author()
    wait_for(lambda: world.effects() == [("thing:good", 1)] and len(world.parked()) == 3)
    assert [row.state for row in world.parked()] == ["waiting", "blocked", "blocked"]
    return world.parked()


def test_an_operator_sees_what_is_parked_and_why(
    operator: Operator, held_up: list[Any], token: Callable[..., str]
) -> None:
    status, listed = operator.get("/ops/parked")
    assert (status, [item["state"] for item in listed["items"]]) == (200, ["waiting", "blocked", "blocked"])

    status, shown = operator.get(f"/ops/parked/{held_up[0].id}")
    assert (status, shown["reason"]) == (200, "ValueError: a bug in the handler")
    assert "in take" in shown["detail"]
    assert shown["event"]["id"] and shown["event"]["data"] == {}  # for who may read the feed alone
    province = Operator(operator.service, token("province"))
    assert province.get(f"/ops/parked/{held_up[0].id}")[1]["event"]["data"]["poison"] is True


def test_a_replay_after_the_bug_is_mended_applies_all_in_order(
    world: World, operator: Operator, held_up: list[Any]
) -> None:
    world.mend("thing:bad")
    assert operator.post(f"/ops/parked/{held_up[0].id}/replay") == (200, {"changed": 1})
    wait_for(lambda: world.parked() == [])

    assert world.effects() == [("thing:good", 1), ("thing:bad", 1), ("thing:bad", 2), ("thing:bad", 3)]


def test_all_that_waits_for_a_person_can_be_replayed_at_once(
    world: World, operator: Operator, held_up: list[Any]
) -> None:
    world.mend("thing:bad")
    assert operator.post("/ops/parked/replay") == (200, {"changed": 1})
    wait_for(lambda: world.figures().perfect)


def test_a_replay_before_the_bug_is_mended_parks_it_again(world: World, operator: Operator, held_up: list[Any]) -> None:
    operator.post(f"/ops/parked/{held_up[0].id}/replay")
    wait_for(lambda: (world.parked()[0].state, world.parked()[0].attempts) == ("waiting", 1))

    assert world.effects() == [("thing:good", 1)]


def test_a_skipped_event_lets_the_later_ones_go_on_and_is_audited(
    world: World, operator: Operator, held_up: list[Any]
) -> None:
    status, _ = operator.post(f"/ops/parked/{held_up[0].id}/skip", {"reason": "entered twice by hand"})
    assert status == 200
    wait_for(lambda: world.parked() == [])

    assert world.effects() == [("thing:good", 1), ("thing:bad", 2), ("thing:bad", 3)]
    (entry,) = world.ask(world.reader, "SELECT entry FROM audit_log")
    assert "entered twice by hand" in entry[0]


def test_an_event_can_not_be_skipped_before_its_predecessor(operator: Operator, held_up: list[Any]) -> None:
    status, problem = operator.post(f"/ops/parked/{held_up[1].id}/skip", {"reason": "no longer wanted"})

    assert status == 409
    assert "Earlier events of the same aggregate" in problem["detail"]


def test_garbage_can_be_skipped_but_not_replayed(world: World, operator: Operator) -> None:
    world.send([b"garbage"])
    (row,) = wait_for(world.parked)
    assert operator.post(f"/ops/parked/{row.id}/replay")[0] == 409
    assert operator.post(f"/ops/parked/{row.id}/skip", {"reason": "somebody's test"})[0] == 200

    assert world.parked() == []


def test_what_is_not_ready_yet_is_tried_until_it_is(world: World, author: Start, reader: Start) -> None:
    # So rare that no event fails six times running, after which it would wait for a person: once in 8,000 runs.
    world.announce_many(40, 3, ThingChanged(failure_rate=0.1))
    author(), reader()
    wait_for(lambda: len(world.effects()) == 120 and not world.parked(), 30)

    assert world.figures().perfect


def test_what_is_never_ready_ends_with_a_person(world: World, author: Start, reader: Start) -> None:
    world.announce("a", LotChanged(failure_rate=1.0))
    author(), reader()
    wait_for(lambda: world.states() == [("lot:a", 1, "waiting")], 20)

    assert world.parked()[0].attempts == 6, "the first try and one after each of the five delays"


def test_letters_that_stood_beside_a_crash_are_applied_from_the_dead_letter_queue(
    world: World, author: Start, reader: Start
) -> None:
    world.announce_many(20, 1, ThingChanged(1))
    world.announce("killer", ThingChanged(1, crash=True))
    author()
    wait_for(lambda: world.unpublished() == 0)
    consumer = reader(ready=False)
    for _ in range(12):  # each crash sends everything back, until the broker has delivered it too often
        wait_for(lambda: not consumer.alive or world.states() == [("thing:killer", 1, "waiting")], 30)
        if consumer.alive:
            break
        consumer.start(ready=False)
    wait_for(lambda: world.states() == [("thing:killer", 1, "waiting")])

    figures = world.figures()
    assert (figures.applied, figures.lost, figures.twice) == (20, 1, 0), "all but the one that kills"
    assert world.waiting("reader.dead") == 0


def test_an_event_whose_predecessor_never_came_can_be_skipped_with_it_and_is_audited(
    world: World, operator: Operator
) -> None:
    world.announce("a", *[ThingChanged(number) for number in range(1, 6)])
    events = world.events()
    world.send([events[0].to_bytes(), events[3].to_bytes(), events[4].to_bytes()])
    fourth, fifth = wait_for(lambda: len(world.parked()) == 2 and world.parked())
    status, problem = operator.post(f"/ops/parked/{fourth.id}/skip", {"reason": "lost with the broker's disk"})
    assert status == 409 and "past_missing" in problem["detail"]
    past = {"reason": "lost with the broker's disk", "past_missing": True}
    assert operator.post(f"/ops/parked/{fifth.id}/skip", past)[0] == 409, "the fourth is parked, and comes first"
    assert operator.post(f"/ops/parked/{fourth.id}/skip", past)[0] == 200
    wait_for(lambda: world.parked() == [])

    assert world.effects() == [("thing:a", 1), ("thing:a", 5)]
    (entry,) = world.ask(world.reader, "SELECT entry FROM audit_log")
    assert '"given_up_from_version":2' in entry[0].replace(" ", "")


def test_a_message_that_was_kept_as_bytes_and_is_readable_now_is_applied_when_it_is_replayed(
    world: World, operator: Operator
) -> None:
    world.announce("a", ThingChanged(1))
    (event,) = world.events()
    with Session(world.reader) as session, session.begin():
        parking.park_unreadable(session, event.to_bytes(), "not an event, said an older version")
    (row,) = world.parked()
    assert operator.post(f"/ops/parked/{row.id}/replay") == (200, {"changed": 1})

    wait_for(lambda: world.effects() == [("thing:a", 1)])


def test_what_was_applied_meanwhile_is_not_said_to_be_skipped(world: World) -> None:
    world.announce("a", ThingChanged(1))
    (event,) = world.events()
    with Session(world.reader) as session, session.begin():
        parking.park_suspects(session, [event], tries=1)
    (row,) = world.parked()
    with ThreadPoolExecutor() as pool, Session(world.reader) as retrier, world.reader.connect():
        retrier.begin()
        lock_cursors(retrier, ["thing:a"])
        retrier.execute(parking.DELETE, {"parked_id": row.id})

        def skip() -> None:
            with Session(world.reader) as session, session.begin():
                parking.skip(session, row.id)

        skipped = pool.submit(skip)
        wait_for(world.waits_for_a_lock)
        move_cursors(retrier, {"thing:a": 1}, {"thing:a": event.id})  # it has applied the event
        retrier.commit()
        with pytest.raises(NotFound):
            skipped.result(10)


def test_a_replay_and_a_skip_of_one_row_lock_in_one_order(world: World) -> None:
    world.announce("a")
    (event,) = world.events()
    kept = "INSERT INTO inbox_parked (aggregate, version, type, raw, reason, state, parked_at) "
    values = "VALUES (:aggregate, 1, :type, :raw, 'it could not be kept', 'dead', now()) RETURNING id"
    row = {"aggregate": event.aggregate, "type": event.type, "raw": event.to_bytes()}
    with Session(world.reader) as session, session.begin():
        parked_id = session.scalar(text(kept + values), row)
        lock_cursors(session, [event.aggregate])

    def replay() -> None:
        with Session(world.reader) as session, session.begin():
            parking.replay(session, parked_id)

    with ThreadPoolExecutor() as pool, Session(world.reader) as session:
        lock_cursors(session, [event.aggregate])  # as a skip does first
        replaying = pool.submit(replay)
        wait_for(world.waits_for_a_lock)
        parking.skip(session, parked_id)
        session.commit()
        with pytest.raises(NotFound):
            replaying.result(timeout=10)
