"""What is kept of a service's events, by kind of aggregate: facts for ever, others for a time or their last version.

A kind that passes has a beginning, which moves on once a day: what ended before is no longer compared with what readers
have applied, and a good while later it is no longer in the feed. `outbox_kept` tells readers so.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Select,
    Table,
    Text,
    any_,
    delete,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data import metadata
from chassis.messaging.outbox import months
from chassis.messaging.outbox.heads import POSITION, outbox_head
from chassis.messaging.outbox.months import Month
from chassis.messaging.outbox.table import outbox

AT_ONCE = 2000  # rows in one step
# A reader forgets an aggregate some time after its beginning has passed (inbox/passing.py), and may have been away for
# some more. Only then do the events go, so that a rebuild has all that was not forgotten.
IN_FEED_FOR = timedelta(days=62)  # after the beginning has passed
SUPERSEDED_FOR = timedelta(days=30)  # a version of which a later one is there

# Those that are not kept for ever. `begins`: what ended before has passed; NULL where the last version stays.
outbox_kept = Table(
    "outbox_kept",
    metadata,
    Column("aggregate_type", Text, primary_key=True),
    Column("begins", DateTime(timezone=True)),
)
KEPT = select(outbox_kept.c.aggregate_type, outbox_kept.c.begins).order_by(outbox_kept.c.aggregate_type)
_row, _head = outbox.c, outbox_head.c
CTID = literal_column("outbox.ctid", Text)  # where a row lies in its partition


def kept(session: Session) -> dict[str, datetime | None]:
    """The kinds that are not kept for ever, and since when they are; None where only the last version is."""
    return {kind: begins for kind, begins in session.execute(KEPT)}


def move_beginning(session: Session, kind: str, begins: datetime | None) -> None:
    """Says since when the aggregates of `kind` are kept, or that their last versions are; it never moves back."""
    entry = insert(outbox_kept).values(aggregate_type=kind, begins=begins)
    later = func.greatest(outbox_kept.c.begins, entry.excluded.begins)
    session.execute(entry.on_conflict_do_update(index_elements=["aggregate_type"], set_={"begins": later}))


def forget_heads(session: Session, kind: str, begins: datetime) -> int:
    """Removes some of what ended before `kind` begins; returns how many."""
    passed = select(_head.aggregate_id).where(_head.aggregate_type == kind, _head.occurred_at < begins)
    # Asked again of the row as it is then: an aggregate that has gone on meanwhile stays.
    gone = delete(outbox_head).where(
        _head.aggregate_type == kind,
        _head.aggregate_id.in_(passed.order_by(_head.aggregate_id).limit(AT_ONCE).correlate(None)),
        _head.occurred_at < begins,
    )
    return len(session.scalars(gone.returning(_head.aggregate_id)).all())


def remove_passed(session: Session, begins: dict[str, datetime]) -> int:
    """Removes events of the kinds that have passed: a whole month, or some rows of one with others in it.

    Returns how many rows, a month counted as one; 0 when nothing more can go.
    """
    digested = session.scalars(POSITION).one()
    for month in months.closed(session):
        if month.last_position > digested:
            break
        before = {kind: at - IN_FEED_FOR for kind, at in begins.items()}
        passed = [kind for kind, at in before.items() if month.ends <= at]
        if passed and month.name != months.DEFAULT and not _has_others(session, month, passed):
            months.drop(session, month)
            return 1
        if month.name == months.DEFAULT:  # what is in it was published over years
            found = sum(_remove(session, month, _row.published_at < at, [kind]) for kind, at in before.items())
        else:
            found = _remove(session, month, _row.published_at.is_not(None), passed) if passed else 0
        if found:
            return found
    return 0


def holds(session: Session, month: Month, kinds: Collection[str]) -> bool:
    """Whether a month has any events of these kinds."""
    return bool(session.scalar(select(exists().where(month.events, _row.aggregate_type.in_(kinds)))))


def _has_others(session: Session, month: Month, kinds: Collection[str]) -> bool:
    """Whether a month has events of other kinds; asked for what lies between these, each time a look into an index."""
    edges = sorted(kinds)
    gaps = [_row.aggregate_type < edges[0], _row.aggregate_type > edges[-1]]
    gaps += [(_row.aggregate_type > one) & (_row.aggregate_type < next_one) for one, next_one in pairwise(edges)]
    return any(session.scalar(select(exists().where(month.events, gap))) for gap in gaps)


def _remove(session: Session, month: Month, condition: ColumnElement[bool], kinds: Collection[str]) -> int:
    return _delete(
        session, month, select(CTID).select_from(outbox).where(month.events, _row.aggregate_type.in_(kinds), condition)
    )


def _delete(session: Session, month: Month, rows: Select[str]) -> int:
    """Deletes the first of these rows, which are given by their places in the month's partition; returns how many."""
    some = func.array(rows.limit(AT_ONCE).correlate(None).scalar_subquery())
    return len(session.scalars(delete(outbox).where(month.events, any_(some) == CTID).returning(_row.seq)).all())


def remove_superseded(session: Session, kinds: Collection[str], now: datetime) -> int:
    """Removes some events of these kinds of which a later version is there; returns how many."""
    digested = session.scalars(POSITION).one()
    for month in months.closed(session):
        if month.last_position > digested:
            break
        some = (
            select(CTID)
            .select_from(outbox)
            .join(
                outbox_head, (_head.aggregate_type == _row.aggregate_type) & (_head.aggregate_id == _row.aggregate_id)
            )
            .where(month.events, _row.aggregate_type.in_(kinds), _head.version > _row.aggregate_version)
            .where(_row.published_at < now - SUPERSEDED_FOR)
        )
        if found := _delete(session, month, some):
            return found
    return 0
