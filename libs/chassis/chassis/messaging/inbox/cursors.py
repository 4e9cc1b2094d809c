"""The cursors: of each aggregate read from other services, the version last applied, and the id of that event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.tables import inbox_cursor

# A statement is built once: SQLAlchemy takes longer to build one than to have it executed.
KEYS = bindparam("keys", type_=ARRAY(Text))
CREATE = (
    insert(inbox_cursor)
    .from_select(["aggregate"], select(func.unnest(KEYS).column_valued("aggregate")))
    .on_conflict_do_nothing()
)
LOCK = (
    select(inbox_cursor.c.aggregate, inbox_cursor.c.version, inbox_cursor.c.event_id)
    .where(inbox_cursor.c.aggregate == func.any(KEYS))
    .order_by(inbox_cursor.c.aggregate)
    .with_for_update()
)
MOVE = text(
    "UPDATE inbox_cursor SET version = moved.version, event_id = moved.event_id, event_time = moved.event_time "
    "FROM unnest(:keys, :versions, :ids, :times) AS moved (aggregate, version, event_id, event_time) "
    "WHERE inbox_cursor.aggregate = moved.aggregate"
).bindparams(
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("versions", type_=ARRAY(BigInteger)),
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
)


class Cursor(NamedTuple):
    """Where a reader stands with an aggregate: the version last applied, and the id of that event if it is known."""

    version: int
    event_id: str | None


def place_of(event: Envelope) -> dict[str, str | int]:
    """The columns by which a parked event is found: its place among those of its aggregate, and its type."""
    return {"aggregate": event.aggregate, "version": event.sequence, "type": event.type}


def lock_whole_cursors(session: Session, aggregates: Iterable[str]) -> dict[str, Cursor]:
    """Locks the cursors of `aggregates`, in the order of their keys so that no two batches can wait for each other."""
    keys = {"keys": sorted(set(aggregates))}
    session.execute(CREATE, keys)
    return {aggregate: Cursor(version, event_id) for aggregate, version, event_id in session.execute(LOCK, keys)}


def lock_cursors(session: Session, aggregates: Iterable[str]) -> dict[str, int]:
    """The same, of the versions alone."""
    return {aggregate: cursor.version for aggregate, cursor in lock_whole_cursors(session, aggregates).items()}


def move_cursors(
    session: Session,
    versions: Mapping[str, int],
    ids: Mapping[str, str],
    times: Mapping[str, datetime] | None = None,
) -> None:
    """Sets the cursors, which must be locked, to the versions applied; with the ids and times of these, if known."""
    if versions:
        places = {"keys": list(versions), "versions": list(versions.values())}
        of_events = {"ids": [ids.get(key) for key in versions], "times": [(times or {}).get(key) for key in versions]}
        session.execute(MOVE, places | of_events)
