"""Deliveries of notices: how each ended, and since when it is known to have failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting.domain.counts import Figure, Kind
from reporting.domain.statuses import DeliveryState
from reporting.handlers import totals
from reporting.handlers.rows import enter, insert_many
from reporting.storage import delivery, delivery_sum

STATE_AFTER = {"notice.sent.v1": DeliveryState.SENT, "notice.failed.v1": DeliveryState.FAILED}

_INSERT = insert_many(delivery)
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
TAKE_OUT = delete(delivery).where(delivery.c.delivery_id == func.any(totals.KEYS)).returning(delivery)


@dataclass(frozen=True)
class DeliveryEnded:
    """A delivery was sent, or failed for good, on the day `on`."""

    delivery_id: str
    kind: str
    channel: str
    on: date


class _End(NamedTuple):
    """How a delivery stands: how it ended on which day, and the day on which it first failed."""

    kind: str
    channel: str
    state: DeliveryState
    on: date
    failed_on: date | None

    def changes(self) -> Counter[tuple[date, Kind]]:
        """It counts as failed from its first failure on, until the day on which it ended."""
        found = Counter({(self.on, Kind(self.state, self.kind, self.channel)): 1})
        if self.failed_on is not None and self.failed_on < self.on:
            failed = Kind(DeliveryState.FAILED, self.kind, self.channel)
            found[self.failed_on, failed] += 1
            found[self.on, failed] -= 1
        return found


def record_ends(session: Session, events: Sequence[Envelope[DeliveryEnded]]) -> None:
    """One row per delivery: one that failed for good and was sent later counts as it ended."""
    ends: dict[str, _End] = {}  # one statement can't enter the same delivery twice
    for event in events:
        data, state = event.data, STATE_AFTER[event.type]
        before = ends.get(data.delivery_id)
        failed_on = before.failed_on if before else None
        if failed_on is None and state is DeliveryState.FAILED:
            failed_on = data.on
        ends[data.delivery_id] = _End(data.kind, data.channel, state, data.on, failed_on)
    known = {row.delivery_id: row for row in session.execute(KNOWN, {"keys": sorted(ends)})}
    enter(session, UPSERT, [{"delivery_id": key, **end._asdict()} for key, end in ends.items()])
    total: Counter[tuple[date, Kind]] = Counter()
    for key, end in ends.items():
        if row := known.get(key):
            before = _end(row)
            total.subtract(before.changes())
            end = before._replace(state=end.state, on=end.on, failed_on=before.failed_on or end.failed_on)
        total.update(end.changes())
    totals.count(session, Figure.DELIVERY, total)


def fold(session: Session, delivery_ids: Sequence[str]) -> None:
    """Deliveries that have passed are counted apart from now on, and no longer there one by one."""
    counted = _take_out(session, delivery_ids)
    totals.count(session, Figure.DELIVERY, totals.negative(counted))
    totals.count(session, Figure.DELIVERY, counted, delivery_sum)


def forget(session: Session, delivery_id: str) -> None:
    """It is no longer there, nor counted."""
    totals.count(session, Figure.DELIVERY, totals.negative(_take_out(session, [delivery_id])))


def _take_out(session: Session, delivery_ids: Sequence[str]) -> Counter[tuple[date, Kind]]:
    """Removes deliveries; returns what they counted as."""
    total: Counter[tuple[date, Kind]] = Counter()
    for row in session.execute(TAKE_OUT, {"keys": sorted(delivery_ids)}):
        total.update(_end(row).changes())
    return total


def _end(row: Row[Any]) -> _End:  # Any: the columns of `delivery`
    return _End(row.kind, row.channel, row.state, row.on, row.failed_on)
