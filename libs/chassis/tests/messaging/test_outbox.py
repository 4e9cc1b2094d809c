"""What a use case's events become in the outbox, and how they leave it."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from author.events import LotChanged, ThingChanged
from messaging_world import TOPOLOGY, Thing, World
from sqlalchemy import text
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from chassis.broker import topology
from chassis.data import wait_for_notification
from chassis.intervals import Interval
from chassis.messaging import outbox
from chassis.messaging.outbox import relay
from chassis.messaging.outbox.floor import Floor
from chassis.messaging.outbox.table import CHANNEL
from chassis.stopping import StopSignal
from testkit import RunningService, wait_for

NOWHERE = "amqp://guest:guest@127.0.0.1:9/"
Start = Callable[..., RunningService]
FILLED = (
    "INSERT INTO outbox (seq, id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at) "
    "SELECT n, gen_random_uuid(), 'thing', n::text, 1, 'thing.changed.v1', '{}', now() FROM generate_series(1, 5000) n"
)


def url_of(world: World) -> str:
    return world.author.url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_events_of_one_object_are_numbered_from_1_in_the_order_in_which_they_were_added(world: World) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2))
    world.announce("b", LotChanged(1))
    world.announce("a", ThingChanged(3))

    found = [(event.aggregate, event.sequence, event.data["number"]) for event in world.events()]
    assert found == [("thing:a", 1, 1), ("thing:a", 2, 2), ("lot:b", 1, 1), ("thing:a", 3, 3)]
    assert world.things["a"].version == 3


def test_a_transaction_that_is_rolled_back_leaves_no_event(world: World) -> None:
    with pytest.raises(ZeroDivisionError), Session(world.author) as session, session.begin():
        outbox.add(session, Thing("a"), ThingChanged(1), world.clock)
        session.flush()
        raise ZeroDivisionError

    assert world.events() == []


def test_many_events_at_once_become_the_rows_that_they_become_one_by_one(world: World) -> None:
    def announced() -> list[tuple[Thing, ThingChanged]]:
        things = [Thing("a", division="220102"), Thing("b")]
        return [(things[number % 2], ThingChanged(number, 0.25)) for number in range(6)]

    with bound_contextvars(correlation_id="c"), Session(world.author) as session, session.begin():
        for thing, event in announced():
            outbox.add(session, thing, event, world.clock)
            session.flush()
        one_by_one = _rows(session)
        session.execute(text("DELETE FROM outbox"))
        ids = outbox.add_all(session, announced(), world.clock)

        assert _rows(session) == one_by_one
        assert session.scalars(text("SELECT id::text FROM outbox ORDER BY seq")).all() == ids


def _rows(session: Session) -> list[Any]:  # Any: rows of the outbox
    columns = "aggregate_type, aggregate_id, aggregate_version, type, data::text, division, correlation_id"
    return [tuple(row) for row in session.execute(text(f"SELECT {columns} FROM outbox ORDER BY seq"))]


def test_events_with_causes_of_their_own_each_have_a_correlation_id(world: World) -> None:
    with Session(world.author) as session, session.begin():
        outbox.add_all(session, [(Thing(name), ThingChanged(1)) for name in "ab"], world.clock, own_causes=True)

    assert len({event.correlationid for event in world.events()} - {None}) == 2


def test_no_events_take_no_statement(world: World) -> None:
    assert outbox.add_all(Session(), [], world.clock) == []  # the session has no database


def test_changes_are_committed_while_the_broker_is_away_and_leave_when_it_is_back(
    world: World, author: Start, reader: Start
) -> None:
    alone = author(ready=False, amqp_url=NOWHERE)
    world.announce("a", ThingChanged(1), ThingChanged(2))
    wait_for(lambda: "the relay was interrupted" in alone.log.read_text(), 20)
    assert world.unpublished() == 2
    alone.kill()

    author(), reader()
    wait_for(lambda: world.effects() == [("thing:a", 1), ("thing:a", 2)], 20)


def test_nothing_is_published_before_all_bindings_stand(world: World, author: Start, reader: Start) -> None:
    """Confirmed is what one queue has taken; a reader whose binding came later would never hear of it."""
    with world.channel() as channel:
        channel.exchange_delete(topology.COMPLETE)
        for binding in TOPOLOGY["bindings"]:
            channel.queue_unbind("reader.inbox", binding["source"], binding["routing_key"])
        other = channel.queue_declare(exclusive=True).queue
        channel.queue_bind(other, "author.events", "#")
        reader(ready=False)
        early = author(ready=False)
        world.announce("a", ThingChanged(1))
        wait_for(lambda: "python -m chassis.broker.topology apply" in early.log.read_text(), 20)

        topology.apply(world.amqp_url, TOPOLOGY)

        wait_for(lambda: world.effects() == [("thing:a", 1)], 20)


def test_a_batch_is_read_along_the_index_however_large_the_backlog_is(world: World) -> None:
    """Else the whole backlog of an outage is sorted again for each batch of it."""
    with relay.leader_connection(url_of(world), "author") as connection:
        connection.execute(FILLED)
        plan = str(connection.execute(f"EXPLAIN {relay.UNPUBLISHED}", (0, relay.BATCH)).fetchall())

    assert "Index Scan using pk_outbox on outbox_unpublished" in plan
    assert "Sort" not in plan


def test_notifications_that_came_while_the_relay_was_busy_wake_it_once(world: World) -> None:
    """Else each of them would be kept in memory, and each be followed by a look at an empty outbox."""
    with (
        relay.leader_connection(url_of(world), "author") as connection,
        psycopg.connect(url_of(world), autocommit=True) as other,
    ):
        connection.execute(f"LISTEN {CHANNEL}")
        for number in range(300):
            other.execute(f"NOTIFY {CHANNEL}, '{number}'")
            connection.execute("SELECT 1")
        woken = 0
        for _ in range(300):
            began = time.monotonic()
            wait_for_notification(connection, 0.01, StopSignal())
            woken += time.monotonic() - began < 0.005

    print(f"woken {woken} times by 300 notifications")
    assert woken <= 1


def test_a_backlog_that_takes_too_long_to_count_is_published_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, amqp_url: str
) -> None:
    world.announce("a", ThingChanged(1))
    monkeypatch.setattr(relay, "BACKLOG", "SELECT 0, 0 FROM pg_sleep(%s + %s)")
    with relay.leader_connection(url_of(world), "author") as connection:
        connection.execute("SET statement_timeout = '200ms'")
        leader = relay.Relay()
        leader.settings = SimpleNamespace(amqp_url=amqp_url)
        leader.service, leader.publisher, leader.reporting = "author", None, Interval(1)
        leader.clock, leader.floor = world.clock, Floor()
        leader.stop_signal = SimpleNamespace(is_given=False)
        leader.turn(connection)
        leader.drop_publisher()

    assert world.unpublished() == 0


def test_a_backlog_is_counted_to_a_limit_along_the_index(world: World) -> None:
    with relay.leader_connection(url_of(world), "author") as connection:
        connection.execute(FILLED)
        connection.execute("ANALYZE outbox")
        plan = str(connection.execute(f"EXPLAIN {relay.BACKLOG}", (0, 10)).fetchall())
        (found,) = connection.execute(relay.BACKLOG, (0, 10)).fetchall()

    assert "pk_outbox" in plan and "Limit" in plan
    assert found[0] == 10, "of 5,000"
