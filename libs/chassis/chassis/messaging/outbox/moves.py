"""Which events have moved an aggregate to another division, and from where: noted as events are taken in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Insert, Table, Text, and_, case, func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.data import metadata
from chassis.messaging.outbox.table import outbox

outbox_move = Table(
    "outbox_move",
    metadata,
    Column("feed_position", BigInteger, primary_key=True, autoincrement=False),
    Column("division", Text, nullable=False),  # where the aggregate was before
)
_row = outbox.c


def _one_before(column: Column[Any]) -> ColumnElement[Any]:  # Any: the column's type
    """What the column holds in the row before of the same aggregate."""
    aggregate = _row.aggregate_type, _row.aggregate_id
    return func.lag(column).over(partition_by=aggregate, order_by=_row.aggregate_version)


def noted(heads: Table, *these: ColumnElement[bool]) -> Insert:
    """Notes the moves among some events, before their last versions are entered in `heads`."""
    head = heads.c
    before = case((_one_before(_row.aggregate_version).is_(None), head.division), else_=_one_before(_row.division))
    events = (
        select(_row.feed_position, _row.division, before.label("before"))
        .select_from(
            outbox.outerjoin(
                heads,
                and_(
                    _row.aggregate_version > 1,
                    head.aggregate_type == _row.aggregate_type,
                    head.aggregate_id == _row.aggregate_id,
                ),
            )
        )
        .where(*these)
        .subquery()
        .c
    )
    moves = select(events.feed_position, events.before).where(events.before != events.division)
    return insert(outbox_move).from_select(["feed_position", "division"], moves)
