"""Deliveries of notices: how each ended, and since when it is known to have failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting.domain.counts import Figure, Kind
from reporting.domain.statuses import DeliveryState
from reporting.handlers import totals
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

KNOWN = select(delivery).where(delivery.c.delivery_id == func.any(totals.KEYS))


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
    known = {row.delivery_id: row for row in session.execute(KNOWN, {"keys": sorted(rows)})}
    session.execute(UPSERT, list(rows.values()))
    total: Counter[tuple[date, Kind]] = Counter()
    for key, row in rows.items():
        before = known.get(key)
        kind, channel, first_failed = str(row["kind"]), str(row["channel"]), row["failed_on"]
        if before is not None:
            kind, channel = before.kind, before.channel
            total.subtract(_changes(before.kind, before.channel, before.state, before.on, before.failed_on))
            first_failed = before.failed_on or first_failed
        total.update(_changes(kind, channel, row["state"], row["on"], first_failed))
    totals.count(session, Figure.DELIVERY, total)


def _changes(
    kind: str, channel: str, state: DeliveryState, on: date, failed_on: date | None
) -> Counter[tuple[date, Kind]]:
    """It counts as failed from its first failure on, until the day on which it ended."""
    found = Counter({(on, Kind(state, kind, channel)): 1})
    if failed_on is not None and failed_on < on:
        failed = Kind(DeliveryState.FAILED, kind, channel)
        found[failed_on, failed] += 1
        found[on, failed] -= 1
    return found
