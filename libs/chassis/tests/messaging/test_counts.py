"""What one event costs and what a hundred do: statements, acknowledgements, packets, bytes. Time is for benchmarks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from author.events import ThingChanged
from messaging_world import World
from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from chassis.clock import SHANGHAI
from chassis.intervals import Interval
from chassis.messaging import subscribe_batch
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.applying import Applier, handlers_of
from chassis.messaging.inbox.arrays import NUMBERS, TEXTS, TIMES
from chassis.messaging.inbox.deliveries import Delivery, decode
from chassis.messaging.inbox.origin import Origin
from chassis.messaging.outbox import relay
from chassis.messaging.outbox.floor import Floor
from chassis.messaging.outbox.publisher import Publisher
from testkit.statements import statements

MANY = 100


class CountingDatabase:
    """A connection that counts its statements."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.statements = connection, 0

    def execute(self, statement: str, *parameters: Any) -> Any:
        self.statements += 1
        return self.connection.execute(statement, *parameters)


@pytest.mark.parametrize("number", [1, MANY])
def test_a_relay_reads_sends_and_marks_a_batch_at_once(world: World, amqp_url: str, number: int) -> None:
    leader = relay.Relay()
    leader.service, leader.clock, leader.floor, leader.reporting = "author", world.clock, Floor(), Interval(1)
    leader.publisher = Publisher(amqp_url, "author.events")
    transport, sent = leader.publisher.connection.transport, []
    write = transport._write
    transport._write = lambda data: (sent.append(len(data)), write(data))
    world.announce_many(number, 1, ThingChanged(1))
    size = sum(len(event.to_bytes()) for event in world.events())
    with relay.leader_connection(world.author_url, "author") as connection:
        database = CountingDatabase(connection)
        leader.publish_batch(database)  # type: ignore[arg-type]  # has what is asked of it
    leader.drop_publisher()

    print(f"{number} events: {database.statements} statements, {len(sent)} packets, {sum(sent)} bytes")
    assert world.unpublished() == 0
    assert world.waiting("reader.inbox") == number
    assert database.statements <= 3  # where to begin, once a second; what there is; that it is published
    assert len(sent) <= 2
    assert sum(sent) <= size + 220 * number  # the frames around an event


@dataclass(frozen=True)
class Read:
    """What the handler reads."""

    number: int


class Worker:
    """Has one batch handler."""

    @subscribe_batch("thing.changed.v1", Read)
    def changed(self, session: Session, events: list[Envelope[Read]]) -> None:
        session.execute(text("SELECT 'handler'"))


@pytest.mark.parametrize(("known", "most"), [(False, 5), (True, 6)], ids=["new aggregates", "known aggregates"])
@pytest.mark.parametrize("number", [1, MANY])
def test_a_reader_applies_a_batch_by_as_many_statements_as_one_event(
    world: World, number: int, known: bool, most: int
) -> None:
    applier = Applier(handlers_of(Worker()))
    world.announce_many(number, 2, ThingChanged(1))
    first, second = world.events()[:number], world.events()[number:]
    if known:
        with Session(world.reader) as session, session.begin():
            applier.apply(session, first)
    with statements(world.reader) as sent, Session(world.reader) as session, session.begin():
        result = applier.apply(session, second if known else first)

    print(f"{number} events: {[' '.join(each.split()[:3]) for each in sent]}")
    assert len(result.applied) == number
    # Makes the cursors, locks those that were there, looks for parked ones, the handler's, moves them, counts.
    assert len(sent) <= most
    assert any("FOR UPDATE" in each for each in sent) == known, "a cursor that was just made needs no lock"


def test_a_batch_is_decoded_without_a_word_to_the_broker_and_acknowledged_by_one(world: World) -> None:
    said: Counter[str] = Counter()
    channel = SimpleNamespace(
        basic_ack=lambda tag, multiple: said.update([f"ack {tag} {multiple}"]),
        basic_reject=lambda tag, requeue: said.update(["reject"]),
    )
    world.announce_many(MANY, 1, ThingChanged(1))
    batch = [
        Delivery(channel, tag, event.to_bytes(), Origin("author.events", event.type), {})
        for tag, event in enumerate(world.events(), 1)
    ]
    readable, events, suspects = decode(batch)
    readable[-1].acknowledge_all_so_far()

    assert (len(events), suspects) == (MANY, [])
    assert said == {f"ack {MANY} True": 1}


def test_arrays_that_are_sent_as_text_arrive_as_they_were(world: World) -> None:
    texts = ["a", "", "NULL", None, 'q"', "back\\slash", '\\"', "{x,y}", "a,b", " ", "\n\t", "首席质量官", "'; --"]
    times = [None, datetime(2026, 3, 2, 1, tzinfo=UTC), datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=SHANGHAI)]
    sent = {"texts": (texts, TEXTS), "numbers": ([1, -(2**62), None], NUMBERS), "times": (times, TIMES)}
    asked = select(*(bindparam(name, values, type_=kind).label(name) for name, (values, kind) in sent.items()))
    with world.reader.connect() as connection:
        (row,) = connection.execute(asked).all()

    assert (row.texts, row.numbers, row.times) == (texts, [1, -(2**62), None], times)
