"""The reader's worker: applies things one by one and lots at once, and fails as the events say."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import eventlet
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider
from chassis.errors import Transient
from chassis.messaging import Envelope, Kept, Relay, Rows, Timings, outbox, subscribe, subscribe_batch
from chassis.process.health import HealthRoutes
from reader.storage import effect, mended, single


@dataclass(frozen=True)
class Changed:
    """What the reader reads."""

    number: int
    poison: bool
    crash: bool
    failure_rate: float
    seconds: float
    echo: bool
    broken: bool = False


@dataclass(frozen=True)
class Echoed:
    """What the reader announces because of an event."""

    type: ClassVar[str] = "echo.heard.v1"
    number: int


@dataclass
class Echo:
    """What that is about."""

    id: str
    version: int = 0
    division: str | None = None


class Worker(HealthRoutes):
    """An inbox and a relay."""

    name = "reader-worker"
    relay = Relay()
    clock: Clock = ClockProvider()
    # A lot's effects are copies of its events; a thing's are facts of the reader's own.
    kept: ClassVar = {
        "lot": Kept((Rows(effect, lambda subject, _: effect.c.aggregate == f"lot:{subject}"),)),
        "thing": Kept(
            facts=(Rows(effect, lambda subject, _: effect.c.aggregate == f"thing:{subject}"),), stays="the effects"
        ),
    }
    # The tests can't wait as long as the world does.
    timings = Timings(
        handler_timeout=2, retry_delays=(0.1, 0.2, 0.2, 0.5, 0.5), missing_after=1, look_for_missing_every=1
    )

    @subscribe("thing.changed.v1", Changed)
    def thing_changed(self, session: Session, event: Envelope[Changed]) -> None:
        take(session, [event])
        if event.data.echo:
            outbox.add(session, Echo(event.subject), Echoed(event.data.number), self.clock)

    @subscribe_batch("lot.changed.v1", Changed)
    def lots_changed(self, session: Session, events: Sequence[Envelope[Changed]]) -> None:
        take(session, events)


def take(session: Session, events: Sequence[Envelope[Changed]]) -> None:
    """Writes the effects first, so that whatever fails after that shows whether they are undone."""
    rows: list[dict[str, Any]] = [
        {"aggregate": event.aggregate, "version": event.sequence, "by": os.getpid()} for event in events
    ]
    session.execute(insert(effect), rows)
    for event in events:
        data = event.data
        eventlet.sleep(data.seconds)
        if (data.poison or data.crash) and not is_mended(session, event.aggregate):
            if data.crash:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError("a bug in the handler")
        if data.broken:
            session.execute(insert(single), [{"key": event.aggregate}, {"key": event.aggregate}])
        if random.random() < data.failure_rate:
            raise Transient("not yet")


def is_mended(session: Session, aggregate: str) -> bool:
    """Whether the bug has been mended for this aggregate."""
    return session.scalar(select(mended.c.aggregate).where(mended.c.aggregate == aggregate)) is not None
