"""Whatever bytes come: they are read as an event that can be kept and sent on, or refused with a reason, and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import amqp
import pytest
from author.events import ThingChanged
from hostile import hostile_messages, outcome
from messaging_world import Operator, World
from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox.dead_letters import park_dead_letter
from chassis.messaging.inbox.origin import Fate, Origin
from testkit import RunningService, wait_for

Start = Callable[..., RunningService]
GOOD = Envelope(
    id="0199aaaa-0000-7000-8000-000000000001",
    source="/author",
    type="thing.changed.v1",
    subject="bad",
    time=datetime(2026, 1, 2, tzinfo=UTC),
    sequence=2,
    data={"number": 1, "poison": False, "crash": False, "failure_rate": 0.0, "seconds": 0.0, "echo": False},
)
FATE = Fate(Origin("author.events", "thing.changed.v1"), was_rejected=False)
HOSTILE = hostile_messages(GOOD)


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_message_is_an_event_that_goes_on_as_it_came_or_is_refused(raw: bytes) -> None:
    read = outcome(Envelope.from_bytes, raw)

    if isinstance(read, Envelope):
        assert Envelope.from_bytes(read.to_bytes()) == read
    else:
        assert isinstance(read, MalformedEvent), repr(read)[:500]
        str(read).encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_dead_letter_is_kept(world: World, name: str) -> None:
    with Session(world.reader) as session, session.begin():
        park_dead_letter(session, HOSTILE[name], FATE, tries=5)
    (row,) = world.parked()

    assert row.event is not None or bytes(row.raw) == HOSTILE[name]
    assert row.reason


@pytest.mark.parametrize(
    "name", ["time before the first year in UTC", "time after the last year in UTC", "time nested 900 deep"]
)
def test_a_hostile_event_blinds_neither_the_inbox_nor_the_keeper(world: World, reader: Start, name: str) -> None:
    world.announce("a", ThingChanged(1), ThingChanged(2))
    first, second = (event.to_bytes() for event in world.events())
    reader()
    world.send([first, HOSTILE[name], b"garbage", second])

    wait_for(lambda: len(world.effects()) == 2 and len(world.parked()) == 2, 20)
    assert {bytes(row.raw) for row in world.parked()} == {HOSTILE[name], b"garbage"}


FORGERIES = {
    "another source": ({"source": "/evil"}, "author.events", "thing.changed.v1"),
    "another exchange": ({}, "reader.events", "thing.changed.v1"),
    "past all exchanges": ({}, "", "reader.inbox"),
    "another type than its key": ({"type": "thing.changed.v1"}, "author.events", "thing.hinted.v1"),
    "the source of the other exchange": ({"source": "/reader"}, "author.events", "thing.changed.v1"),
}


@pytest.mark.parametrize("name", FORGERIES)
@pytest.mark.parametrize("version", [2, 3])
def test_a_forged_event_never_takes_the_real_ones_place(world: World, reader: Start, name: str, version: int) -> None:
    changes, exchange, key = FORGERIES[name]
    world.announce("a", *[ThingChanged(number) for number in (1, 2, 3)])
    events = world.events()
    forged = json.dumps(events[version - 1].to_dict() | {"id": "forged"} | changes).encode()
    with world.channel() as channel:
        channel.queue_bind("reader.inbox", "reader.events", "thing.#")
        try:
            reader()
            world.send([events[0].to_bytes()])
            world.send([forged], exchange, key)
            (row,) = wait_for(world.parked)
            world.send([event.to_bytes() for event in events[1:]])
            wait_for(lambda: len(world.effects()) == 3)
        finally:
            channel.queue_unbind("reader.inbox", "reader.events", "thing.#")

    assert (row.state, bytes(row.raw)) == ("dead", forged)
    assert row.reason.startswith("not from its publisher: thing.changed.v1 of /")
    assert world.figures().perfect


def test_a_forged_event_stays_refused_whatever_its_headers_and_its_keeper_say(
    world: World, reader: Start, token: Callable[..., str]
) -> None:
    world.announce("a", ThingChanged(1))
    (event,) = world.events()
    operator = Operator(reader(process=None), token("ops"))
    death = {"queue": "reader.inbox", "reason": "rejected", "exchange": "author.events", "routing-keys": [event.type]}
    with world.channel() as channel:
        message = amqp.Message(event.to_bytes(), application_headers={"x-death": [death | {"count": 1}]})
        channel.basic_publish(message, exchange="", routing_key="reader.inbox")
    (row,) = wait_for(world.parked)

    assert row.reason.startswith("not from its publisher")
    assert operator.post(f"/ops/parked/{row.id}/replay")[0] == 409
    assert world.effects() == []
