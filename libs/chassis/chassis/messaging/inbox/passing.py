"""Kinds of aggregate that their publisher keeps for a time only, and what of them this service has forgotten.

When an aggregate has passed at its publisher for a month its cursor goes here too: nothing can come of it any more but
a late duplicate, and such is told by its time. What the service itself keeps of it is folded by its `when_forgotten`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, Table, Text, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data import metadata
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.cursors import KEYS, lock_cursors, move_cursors
from chassis.messaging.inbox.tables import inbox_cursor, inbox_parked

AT_ONCE = 2000  # aggregates in one step
REFUSED_AFTER = timedelta(days=31)  # after the beginning has passed; an event that comes then is a late duplicate
# Later than it is refused, since a replica learns of a new beginning some seconds after another.
FORGOTTEN_AFTER = timedelta(days=32)

# Of each kind that passes, since when its publisher keeps it.
inbox_passing = Table(
    "inbox_passing",
    metadata,
    Column("aggregate_type", Text, primary_key=True),
    Column("begins", DateTime(timezone=True), nullable=False),
)
_kind = func.split_part(inbox_cursor.c.aggregate, ":", 1)
_cursor, _passing = inbox_cursor.c, inbox_passing.c
LEARN = insert(inbox_passing)
LEARN = LEARN.on_conflict_do_update(
    index_elements=["aggregate_type"], set_={"begins": func.greatest(_passing.begins, LEARN.excluded.begins)}
)
IS_PARKED = inbox_parked.c.aggregate == _cursor.aggregate
# Also the cursors that late duplicates have left: they stand at nothing, and nothing waits.
FORGOTTEN = (
    select(_cursor.aggregate)
    .where(
        _kind == bindparam("kind"),
        or_(_cursor.event_time < bindparam("before"), _cursor.version == 0),
        ~exists().where(IS_PARKED),
    )
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True)
)
FORGET = delete(inbox_cursor).where(_cursor.aggregate == func.any(KEYS))
HAVE_PASSED = (
    update(inbox_cursor)
    .where(_cursor.aggregate == func.any(KEYS), _cursor.event_time.is_(None))
    .values(event_time=bindparam("at"))
    .returning(_cursor.aggregate)
    .execution_options(synchronize_session=False)
)

# Told which aggregates, by their ids, are forgotten: `(session, ids)`.
WhenForgotten = Callable[[Session, Sequence[str]], None]


def learn(session: Session, begins: Mapping[str, datetime]) -> None:
    """Notes since when a publisher keeps its kinds that pass."""
    if begins:
        session.execute(LEARN, [{"aggregate_type": kind, "begins": at} for kind, at in begins.items()])


def beginnings(session: Session) -> dict[str, datetime]:
    """Since when each kind that passes is kept by its publisher."""
    return {kind: begins for kind, begins in session.execute(select(_passing.aggregate_type, _passing.begins))}


def refused_before(session: Session) -> dict[str, datetime]:
    """For each kind that passes, the instant before which an event of an unknown aggregate is a late duplicate."""
    return {kind: at - REFUSED_AFTER for kind, at in beginnings(session).items()}


def forget(session: Session, when_forgotten: Mapping[str, WhenForgotten], after: timedelta = FORGOTTEN_AFTER) -> int:
    """Removes the cursors of some aggregates that have passed for so long; returns how many."""
    for kind, begins in beginnings(session).items():
        keys = session.scalars(FORGOTTEN, {"kind": kind, "before": begins - after}).all()
        if keys:
            if kind in when_forgotten:
                when_forgotten[kind](session, [key.removeprefix(f"{kind}:") for key in keys])
            session.execute(FORGET, {"keys": keys})
            return len(keys)
    return 0


def note_passed(session: Session, kind: str, subjects: Sequence[str]) -> set[str]:
    """Those that the publisher no longer names as they have passed, of cursors from before times were kept."""
    begins = beginnings(session).get(kind)
    if begins is None or not subjects:
        return set()
    keys = [f"{kind}:{subject}" for subject in subjects]
    found = session.scalars(HAVE_PASSED, {"keys": keys, "at": begins - timedelta(seconds=1)})
    return {key.removeprefix(f"{kind}:") for key in found}


def begin_late(session: Session, events: Sequence[Envelope]) -> int:
    """Has aggregates begin at the first version that their publisher has kept; returns how many do.

    `events` are some of a feed, which gives an aggregate's versions in order: what is before the first is gone.
    """
    first: dict[str, int] = {}
    for event in events:
        first[event.aggregate] = min(event.sequence, first.get(event.aggregate, event.sequence))
    late = {aggregate: version - 1 for aggregate, version in first.items() if version > 1}
    cursors = lock_cursors(session, late)
    late = {aggregate: version for aggregate, version in late.items() if version > cursors[aggregate]}
    move_cursors(session, late, {})
    return len(late)
