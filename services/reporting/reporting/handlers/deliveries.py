"""Deliveries of notices: how each ended, and since when it is known to have failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting.domain.statuses import DeliveryState
from reporting.handlers.rows import Row, row_of
from reporting.storage import delivery

STATE_AFTER = {"notice.sent.v1": DeliveryState.SENT, "notice.failed.v1": DeliveryState.FAILED}

_INSERT = insert(delivery)
# The last event tells how it ended, but the day of the first failure stays: figures of earlier days count by it.
UPSERT = _INSERT.on_conflict_do_update(
    index_elements=["delivery_id"],
    set_={
        "state": _INSERT.excluded.state,
        "on": _INSERT.excluded.on,
        "failed_on": func.coalesce(delivery.c.failed_on, _INSERT.excluded.failed_on),
    },
)


@dataclass(frozen=True)
class DeliveryEnded:
    """A delivery was sent, or failed for good, on the day `on`."""

    delivery_id: str
    kind: str
    channel: str
    on: date


def record_ends(session: Session, events: Sequence[Envelope[DeliveryEnded]]) -> None:
    """One row per delivery: one that failed for good and was sent later counts as it ended."""
    rows: dict[str, Row] = {}  # one statement can't enter the same delivery twice
    failed_on: dict[str, date] = {}
    for event in events:
        key, state = event.data.delivery_id, STATE_AFTER[event.type]
        if state is DeliveryState.FAILED:
            failed_on.setdefault(key, event.data.on)
        rows[key] = {**row_of(event), "state": state, "failed_on": failed_on.get(key)}
    session.execute(UPSERT, list(rows.values()))
