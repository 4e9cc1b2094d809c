"""Whatever bytes come: they are read as an event that can be kept and sent on, or refused with a reason, and kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from author.events import ThingChanged
from hostile import hostile_messages, outcome
from messaging_world import World
from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox.dead_letters import park_dead_letter
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
        park_dead_letter(session, HOSTILE[name], tries=5)
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
