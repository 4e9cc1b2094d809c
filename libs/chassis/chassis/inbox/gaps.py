"""Closes gaps: an event whose predecessor has not come for 15 minutes has it fetched from the publisher's feed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import eventlet
import requests
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.events import Envelope
from chassis.inbox import metrics
from chassis.inbox.tables import inbox_cursor, inbox_parked

if TYPE_CHECKING:
    from chassis.inbox.consumer import Inbox

log = logging.getLogger(__name__)

PATIENCE = 15 * 60  # seconds
LOOK = 30  # seconds between two looks
TIMEOUT = 10


class GapCloser:
    """The loop that looks for objects whose next event is missing."""

    def __init__(self, inbox: Inbox, patience: float = PATIENCE) -> None:
        self.inbox = inbox
        self.patience = patience

    def run(self) -> None:
        self.inbox.forever(self._turn, "looking for missing events")

    def _turn(self) -> None:
        self.close_gaps()
        for _ in range(LOOK * 2):
            if self.inbox.stopping:
                return
            eventlet.sleep(0.5)

    def close_gaps(self) -> None:
        """Fetches what is missing and applies it."""
        with Session(self.inbox.engine) as session, session.begin():
            gaps = session.execute(_gaps(self.patience)).all()
        metrics.missing.labels(self.inbox.service).set(len(gaps))
        for gap in gaps:
            log.warning("%s waits for its version %d, which has not come", gap.aggregate, gap.version + 1)
            self.inbox.apply_until_done(self._fetch(gap.event))

    def _fetch(self, waiting: dict[str, Any]) -> list[Envelope]:
        url = getattr(self.inbox.settings, f"url_{waiting['source'].strip('/')}")
        answer = requests.get(
            f"{url}/events",
            params={"subject": waiting["subject"], "limit": 500},
            headers={"Authorization": f"Bearer {self.inbox.settings.feed_token}"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        events = [Envelope.from_dict(item["event"]) for item in answer.json()["items"]]
        return [event for event in events if event.type.partition(".")[0] == waiting["type"].partition(".")[0]]


def _gaps(patience: float) -> Any:
    """For each object held up for longer than that: its cursor, and the first event that waits."""
    parked, cursor = inbox_parked.c, inbox_cursor.c
    return (
        select(parked.aggregate, cursor.version, parked.event)
        .join(inbox_cursor, cursor.aggregate == parked.aggregate)
        .where(
            parked.state == "blocked",
            parked.version > cursor.version + 1,
            parked.parked_at < func.now() - timedelta(seconds=patience),
        )
        .distinct(parked.aggregate)
        .order_by(parked.aggregate, parked.version)
        .limit(100)
    )
