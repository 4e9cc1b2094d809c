"""The way of events from the author's commit to the reader's effect, when all is well and when some are not."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest
from author.events import HintGiven, LotChanged, ThingChanged
from messaging_world import World
from sqlalchemy import text

from chassis.messaging.inbox.deliveries import LOOK_EVERY
from testkit import RunningService, wait_for

Start = Callable[..., RunningService]


def test_an_event_takes_effect_in_the_other_service(world: World, author: Start, reader: Start) -> None:
    reader(), author()
    world.announce("a", ThingChanged(1), ThingChanged(2))
    world.announce("b", LotChanged(1))
    wait_for(lambda: len(world.effects()) == 3)

    assert sorted(world.effects()) == [("lot:b", 1), ("thing:a", 1), ("thing:a", 2)]
    assert world.cursors() == {"lot:b": 1, "thing:a": 2}
    wait_for(lambda: world.unpublished() == 0)
    positions = world.ask(world.author, "SELECT feed_position FROM outbox ORDER BY feed_position")
    assert [row[0] for row in positions] == [1, 2, 3], "positions in the feed have no gap"


def test_an_event_that_nobody_handles_moves_the_cursor_only(world: World, author: Start, reader: Start) -> None:
    reader(), author()
    world.announce("a", ThingChanged(1), HintGiven(2), ThingChanged(3))
    wait_for(lambda: world.cursors() == {"thing:a": 3})

    assert world.effects() == [("thing:a", 1), ("thing:a", 3)]


def test_a_later_version_waits_for_its_predecessor(world: World, reader: Start) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2), ThingChanged(3))
    first, second, third = (event.to_bytes() for event in world.events())
    reader()
    world.send([first, third])
    wait_for(lambda: world.states() == [("thing:a", 3, "blocked")])
    assert world.effects() == [("thing:a", 1)]

    world.send([second])
    wait_for(lambda: world.effects() == [("thing:a", 1), ("thing:a", 2), ("thing:a", 3)])
    wait_for(lambda: world.parked() == [])


def test_a_missing_predecessor_is_fetched_from_the_publishers_feed(world: World, author: Start, reader: Start) -> None:
    world.announce("a", *[ThingChanged(number) for number in range(4)])
    publisher = author(process=None)
    wait_for(lambda: world.unpublished() == 0)
    with world.channel() as channel:
        channel.queue_purge("reader.inbox")  # an operator's mistake, or a broker restored from yesterday
    world.send([world.events()[3].to_bytes()])
    consumer = reader(url_author=publisher.url)

    wait_for(lambda: world.figures().perfect, 20)
    assert world.parked() == []
    consumer.stop()


def test_a_batch_with_one_bad_event_applies_the_others(world: World, author: Start, reader: Start) -> None:
    world.announce_many(50, 1, LotChanged(1))
    world.announce("o7", LotChanged(poison=True))
    world.announce_many(50, 1, LotChanged(2))
    author(), reader()
    wait_for(lambda: len(world.effects()) == 99)
    wait_for(lambda: world.states() == [("lot:o7", 2, "waiting"), ("lot:o7", 3, "blocked")])

    assert world.figures().twice == 0


def test_data_of_the_wrong_form_parks_the_event_with_the_reason(world: World, reader: Start) -> None:
    world.announce("a", ThingChanged(1))
    (event,) = world.events()
    reader()
    world.send([dataclasses.replace(event, data={**event.data, "number": "one"}).to_bytes()])
    (row,) = wait_for(world.parked)

    assert row.state == "waiting"
    assert row.reason == "WrongContent: thing.changed.v1: {'number': ['Not a valid integer.']}"


def test_fields_that_a_later_publisher_adds_are_ignored(world: World, reader: Start) -> None:
    world.announce("a", ThingChanged(1))
    (event,) = world.events()
    reader()
    world.send([dataclasses.replace(event, data={**event.data, "colour": "red"}).to_bytes()])

    wait_for(lambda: world.effects() == [("thing:a", 1)])


GARBAGE = [
    b"",
    b"\x00\xff\xfe",
    b"[1, 2]",
    b'{"specversion": "1.0"}',
    b"[" * 100_000,
    b'{"id": NaN}',
]


def test_garbage_is_kept_as_bytes_and_holds_up_nobody(world: World, reader: Start) -> None:
    world.announce("a", ThingChanged(1))
    world.announce("b", ThingChanged(1))
    first, second = (event.to_bytes() for event in world.events())
    reader()
    world.send([first, *GARBAGE, second, GARBAGE[0]])
    wait_for(lambda: len(world.parked()) == len(GARBAGE) + 1)

    assert {row.state for row in world.parked()} == {"dead"}
    assert sorted(bytes(row.raw) for row in world.parked()) == sorted([*GARBAGE, GARBAGE[0]])
    assert world.effects() == [("thing:a", 1), ("thing:b", 1)]


def test_dead_letters_are_kept_however_long_the_database_takes(world: World, reader: Start) -> None:
    reader()
    with world.reader.begin() as connection:
        connection.execute(text("LOCK TABLE inbox_parked"))
        world.send(GARBAGE[:3])
        # For longer than the reader takes between two looks at its connection, which is its only deadline.
        wait_for(lambda: world.waits_for_a_lock(longer_than=1.2 * LOOK_EVERY))

    wait_for(lambda: len(world.parked()) == 3)


UNSTORABLE = ['"\\u0000"', '"\\ud800"', "1e999", "[" * 900 + "]" * 900]


@pytest.mark.parametrize("value", UNSTORABLE, ids=["NUL", "half a surrogate", "infinite", "deep"])
def test_what_the_database_cant_hold_is_kept_as_bytes_and_holds_up_nobody(
    world: World, reader: Start, value: str
) -> None:
    world.announce("a", ThingChanged(1, poison=True))
    world.announce("b", ThingChanged(1))
    bad, good = world.events()
    raw = json.dumps({**bad.to_dict(), "data": {**bad.data, "note": "@"}}).replace('"@"', value).encode()
    reader()
    world.send([raw, good.to_bytes()])

    wait_for(lambda: world.effects() == [("thing:b", 1)])
    (row,) = wait_for(world.parked)
    assert row.state in ("dead", "waiting")


def test_a_handler_that_takes_too_long_is_ended_and_tried_again(world: World, author: Start, reader: Start) -> None:
    world.announce("slow", ThingChanged(1, seconds=30))
    world.announce("quick", ThingChanged(1))
    author(), reader()
    wait_for(lambda: ("thing:quick", 1) in world.effects())
    wait_for(lambda: world.states() == [("thing:slow", 1, "retrying")])

    assert world.effects() == [("thing:quick", 1)]
    assert "HandlerTooSlow" in world.parked()[0].reason


def test_what_a_handler_announces_carries_the_correlation_of_its_cause(
    world: World, author: Start, reader: Start
) -> None:
    world.announce("a", ThingChanged(1, echo=True))
    with world.author.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET correlation_id = 'cause-1'")
    author(), reader()
    wait_for(lambda: world.ask(world.reader, "SELECT 1 FROM outbox WHERE published_at IS NOT NULL"))

    (row,) = world.ask(world.reader, "SELECT type, correlation_id FROM outbox")
    assert tuple(row) == ("echo.heard.v1", "cause-1")


def test_a_batch_that_meets_a_deadlock_is_tried_again_as_a_batch(world: World, author: Start, reader: Start) -> None:
    with world.reader.begin() as connection:
        cursors = "INSERT INTO inbox_cursor (aggregate) VALUES ('thing:a'), ('thing:b'), ('thing:first')"
        connection.execute(text(cursors))
    lock = text("SELECT 1 FROM inbox_cursor WHERE aggregate = :key FOR UPDATE")
    author()
    consumer = reader()
    with world.reader.connect() as first, world.reader.connect() as other:
        first.execute(lock, {"key": "thing:first"})
        world.announce("first")
        wait_for(world.waits_for_a_lock)
        # Both lie ready while the batch before them waits, so they come into one transaction.
        world.announce("a"), world.announce("b")
        wait_for(lambda: world.unpublished() == 0 and world.waiting("reader.inbox") == 0)
        other.execute(lock, {"key": "thing:b"})
        first.rollback()
        wait_for(lambda: world.effects() == [("thing:first", 1)] and world.waits_for_a_lock())
        # The reader has a and waits for b, and has waited for longer: the server ends its transaction, not this one.
        other.execute(lock, {"key": "thing:a"})
        other.rollback()
    wait_for(lambda: world.figures().perfect)

    log = consumer.log.read_text()
    assert "2 events are applied again in a moment" in log and "deadlock detected" in log
    assert "one by one" not in log and "is parked" not in log
    assert world.parked() == []


def test_a_worker_that_is_stopped_finishes_its_batch_and_acknowledges_it(
    world: World, author: Start, reader: Start
) -> None:
    world.announce("a", ThingChanged(1, seconds=1.5))
    author()
    consumer = reader()
    wait_for(lambda: world.waiting("reader.inbox") == 0 and world.unpublished() == 0)
    assert consumer.stop() == 0

    assert world.effects() == [("thing:a", 1)]
    assert world.waiting("reader.inbox") == 0, "acknowledged, so not delivered again"


def test_what_could_be_neither_applied_nor_parked_is_not_acknowledged(
    world: World, author: Start, reader: Start
) -> None:
    def rename(old: str, new: str) -> None:
        with world.reader.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")

    author()
    consumer = reader()
    rename("inbox_parked", "mislaid")
    world.announce("a", ThingChanged(1))
    wait_for(lambda: "applying events was interrupted" in consumer.log.read_text())
    rename("mislaid", "inbox_parked")
    world.announce("b", ThingChanged(1))

    # Were the second acknowledged on the same connection, the first would go with it.
    wait_for(lambda: world.figures().perfect, 20)
