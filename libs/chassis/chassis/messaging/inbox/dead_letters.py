"""Moves what the broker gave up on from `<service>.dead` into the table of parked events, where a person can see it.

A message comes here because it could not be decoded, or because the broker delivered it too often: a crash sends back
everything the worker had in hand, so most of what stood beside it is innocent and gets one try by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox import metrics
from chassis.messaging.inbox.conflicts import conflict, park_conflicts
from chassis.messaging.inbox.cursors import lock_whole_cursors
from chassis.messaging.inbox.deliveries import Delivery, consume
from chassis.messaging.inbox.faults import is_of_the_moment
from chassis.messaging.inbox.origin import FORGED, Fate, ForgedEvent, fate_of
from chassis.messaging.inbox.parking import park, park_unreadable
from chassis.messaging.inbox.reasons import LONE_TRY, Reason
from chassis.messaging.inbox.tables import ParkedState
from chassis.messaging.loops import repeat
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)

PREFETCH = 20


class DeadLetterReader:
    """The loop that empties the dead-letter queue into `inbox_parked`."""

    def __init__(
        self,
        amqp_url: str,
        engine: Engine,
        service: str,
        stop: StopSignal,
        tries: int,
        on_parked: Callable[[], None],
    ) -> None:
        """`tries`: how often a parked event is tried again in all; a dead letter gets the last of these."""
        self.amqp_url, self.engine, self.service, self.stop = amqp_url, engine, service, stop
        self.tries, self.on_parked = tries, on_parked

    def run(self) -> None:
        """Goes on until the worker stops."""
        repeat(self._read_until_lost, "reading dead letters", self.stop)

    def _read_until_lost(self) -> None:
        came: list[Delivery] = []

        def park_all() -> None:
            while came:
                self._park_and_acknowledge(came.pop(0))

        queue = f"{self.service}.dead"
        consume(self.amqp_url, queue, came.append, PREFETCH, self.stop, is_to_do=lambda: bool(came), do=park_all)

    def _park_and_acknowledge(self, delivery: Delivery) -> None:
        # If the database is away this raises, the connection is dropped, and the message stays in its queue.
        try:
            with Session(self.engine) as session, session.begin():
                state = park_dead_letter(session, delivery.raw, fate_of(delivery.headers), self.tries)
        except Exception as fault:
            if is_of_the_moment(fault):
                raise
            # Only its bytes are kept: otherwise every message behind it would wait for ever.
            log.error("a dead letter is kept as bytes, for it can't be kept as an event", exc_info=fault)
            state = ParkedState.DEAD
            with Session(self.engine) as session, session.begin():
                park_unreadable(session, delivery.raw, f"it can't be kept as an event: {type(fault).__name__}: {fault}")
        delivery.channel.basic_ack(delivery.tag)
        log.error("a dead letter was parked (%s)", state)
        metrics.parkings.labels(self.service, state).inc()
        self.on_parked()


def park_dead_letter(session: Session, raw: bytes, fate: Fate, tries: int) -> str:
    """Parks one dead letter; returns its state, or "duplicate" if its event has been applied after all."""
    try:
        event = Envelope.from_bytes(raw)
        fate.origin.check(event)
    except ForgedEvent as fault:
        park_unreadable(session, raw, fault)
        return ParkedState.DEAD
    except MalformedEvent as fault:
        park_unreadable(session, raw, f"not an event: {fault}")
        return ParkedState.DEAD
    if fate.was_rejected:
        park_unreadable(session, raw, f"{FORGED}: this service refused it, whatever its headers say")
        return ParkedState.DEAD
    cursor = lock_whole_cursors(session, [event.aggregate])[event.aggregate]
    if found := conflict(event, cursor):
        park_conflicts(session, [found])
        return ParkedState.CONFLICT
    if event.sequence <= cursor.version:
        return "duplicate"
    park(session, event, ParkedState.RETRYING, Reason(LONE_TRY), attempts=tries, retry_in=0, raw=raw)
    return ParkedState.RETRYING
