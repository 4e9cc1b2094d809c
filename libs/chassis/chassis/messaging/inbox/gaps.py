"""Closes gaps: an event whose predecessor has not come for 15 minutes has it fetched from the publisher's feed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, literal, select
from sqlalchemy.orm import Session

from chassis.messaging import feed_client
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox import metrics
from chassis.messaging.inbox.tables import inbox_cursor, inbox_parked

if TYPE_CHECKING:
    from chassis.messaging.inbox.consumer import Inbox

log = logging.getLogger(__name__)

PATIENCE = 15 * 60  # seconds
LOOK = 30  # seconds between two looks


class GapCloser:
    """The loop that looks for objects whose next event is missing."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def run(self) -> None:
        self.inbox.forever(self._turn, "looking for missing events")

    def _turn(self) -> None:
        self.close_gaps()
        self.inbox.pause(LOOK)

    def close_gaps(self) -> None:
        """Fetches what is missing and applies it."""
        with Session(self.inbox.engine) as session, session.begin():
            gaps = session.execute(_gaps(PATIENCE)).all()
        metrics.missing.labels(self.inbox.service).set(len(gaps))
        for gap in gaps:
            log.warning("%s waits for its version %d, which has not come", gap.aggregate, gap.version + 1)
            try:
                self.inbox.apply_until_done(self._fetch(gap.event, gap.version))
            except feed_client.UNREADABLE as fault:
                # One publisher that does not answer keeps nobody from another's events.
                log.warning("what %s waits for could not be fetched: %s", gap.aggregate, fault)

    def _fetch(self, waiting: dict[str, Any], cursor: int) -> list[Envelope]:
        """All events of the object that come after its cursor, from the feed of its publisher."""
        kind = waiting["type"].partition(".")[0]
        pages = feed_client.pages(self.inbox.settings, waiting["source"].strip("/"), subject=waiting["subject"])
        return [
            event
            for page in pages
            for event in page
            if event.type.partition(".")[0] == kind and event.sequence > cursor
        ]


def _gaps(patience: float) -> Any:
    """Each object held up for longer than that by an event that is not parked: its cursor, and an event that waits."""
    parked, cursor = inbox_parked.c, inbox_cursor.c
    next_one = inbox_parked.alias()
    its_next_is_parked = exists().where(
        next_one.c.aggregate == parked.aggregate, next_one.c.version == cursor.version + literal(1)
    )
    return (
        select(parked.aggregate, cursor.version, parked.event)
        .join(inbox_cursor, cursor.aggregate == parked.aggregate)
        .where(
            parked.version > cursor.version + literal(1),
            parked.event.is_not(None),
            parked.parked_at < func.now() - timedelta(seconds=patience),
            ~its_next_is_parked,
        )
        .distinct(parked.aggregate)
        .order_by(parked.aggregate, parked.version)
        .limit(100)
    )
