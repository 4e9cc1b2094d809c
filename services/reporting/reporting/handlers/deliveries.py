"""Deliveries of notices: how each ended, and since when it is known to have failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting.domain.statuses import DeliveryState
from reporting.handlers.rows import Row, row_of
from reporting.storage import delivery, delivery_sum

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

SAME = (delivery.c.kind, delivery.c.channel, delivery.c.state, delivery.c.on, delivery.c.failed_on)


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


def fold(session: Session, delivery_ids: Sequence[str]) -> None:
    """Deliveries that have passed are counted from now on, and no longer there one by one."""
    these = delivery.c.delivery_id.in_(delivery_ids)
    counted = insert(delivery_sum).from_select(
        [*(column.name for column in SAME), "number"],
        select(*SAME, cast(func.count(), BigInteger)).where(these).group_by(*SAME),
    )
    more = delivery_sum.c.number + counted.excluded.number
    session.execute(
        counted.on_conflict_do_update(index_elements=[column.name for column in SAME], set_={"number": more})
    )
    session.execute(delete(delivery).where(these))
