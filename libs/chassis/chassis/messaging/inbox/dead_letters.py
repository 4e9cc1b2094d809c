"""Moves what the broker gave up on from `<service>.dead` into the table of parked events, where a person can see it.

A message comes here because it could not be decoded, or because the broker delivered it too often: a crash sends back
everything the worker had in hand, so most of what stood beside it is innocent and gets one try by itself.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox import metrics, parking
from chassis.messaging.inbox.applying import lock_cursors
from chassis.messaging.inbox.tables import inbox_parked

if TYPE_CHECKING:
    from chassis.messaging.inbox.consumer import Delivery, Inbox

log = logging.getLogger(__name__)


class DeadLetterKeeper:
    """The loop that empties the dead-letter queue into `inbox_parked`."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def run(self) -> None:
        queue = f"{self.inbox.service}.dead"
        self.inbox.forever(lambda: self._consume(queue), "keeping dead letters")

    def _consume(self, queue: str) -> None:
        came: list[Delivery] = []

        def goes_on() -> bool:
            while came:
                self._keep(came.pop(0))
            return not self.inbox.stopping

        self.inbox.consume(queue, came.append, prefetch=20, goes_on=goes_on)

    def _keep(self, delivery: Delivery) -> None:
        # If the database is away this raises, the connection is dropped, and the message stays in its queue.
        with Session(self.inbox.engine) as session, session.begin():
            state = keep(session, delivery.raw)
        delivery.channel.basic_ack(delivery.tag)
        log.error("a dead letter was kept (%s)", state)
        metrics.parkings.labels(self.inbox.service, state).inc()


def keep(session: Session, raw: bytes) -> str:
    """Parks one dead letter; returns its state, or "duplicate" if its event has been applied after all."""
    try:
        event = Envelope.from_bytes(raw)
    except MalformedEvent as fault:
        reason = f"not an event: {fault}"[:500]
        session.execute(insert(inbox_parked).values(raw=raw, reason=reason, state="dead", parked_at=func.now()))
        return "dead"
    if event.sequence <= lock_cursors(session, [event.aggregate])[event.aggregate]:
        return "duplicate"
    parking.keep(
        session,
        event,
        reason="the broker delivered it too often; it may have stood beside a crash, and gets one try by itself",
        state="retrying",
        attempts=len(parking.DELAYS),  # this try is its last
        next_attempt_at=func.now(),
    )
    return "retrying"
