"""The reader's worker: applies things one by one and lots at once, and fails as the events say."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import eventlet
from marshmallow import Schema, fields
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data.database import ClockProvider
from chassis.errors import Transient
from chassis.messaging import outbox
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox import applying, gaps, parking, subscribe, subscribe_batch
from chassis.messaging.outbox import Relay
from chassis.process.health import HealthRoutes
from reader.storage import effect, mended

# The tests can't wait as long as the world does.
applying.HANDLER_TIMEOUT = 2
parking.DELAYS = (0.1, 0.2, 0.2, 0.5, 0.5)  # type: ignore[assignment]
gaps.PATIENCE = gaps.LOOK = 1


class Changed(Schema):
    """What the reader reads."""

    number = fields.Integer(required=True, strict=True)
    poison = fields.Boolean(required=True)
    crash = fields.Boolean(required=True)
    failure_rate = fields.Float(required=True)
    seconds = fields.Float(required=True)
    echo = fields.Boolean(required=True)


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

    @subscribe("thing.changed.v1", Changed)
    def thing_changed(self, session: Session, event: Envelope) -> None:
        take(session, [event])
        if event.data["echo"]:
            outbox.add(session, Echo(event.subject), Echoed(event.data["number"]), self.clock)

    @subscribe_batch("lot.changed.v1", Changed)
    def lots_changed(self, session: Session, events: Sequence[Envelope]) -> None:
        take(session, events)


def take(session: Session, events: Sequence[Envelope]) -> None:
    """Writes the effects first, so that whatever fails after that shows whether they are undone."""
    rows: list[dict[str, Any]] = [
        {"aggregate": event.aggregate, "version": event.sequence, "by": os.getpid()} for event in events
    ]
    session.execute(insert(effect), rows)
    for event in events:
        data = event.data
        eventlet.sleep(data["seconds"])
        if (data["poison"] or data["crash"]) and not is_mended(session, event.aggregate):
            if data["crash"]:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError("a bug in the handler")
        if random.random() < data["failure_rate"]:
            raise Transient("not yet")


def is_mended(session: Session, aggregate: str) -> bool:
    """Whether the bug has been mended for this object."""
    return session.scalar(select(mended.c.aggregate).where(mended.c.aggregate == aggregate)) is not None
