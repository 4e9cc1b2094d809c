"""The cursors: of each object read from other services, the version last applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging.inbox.tables import inbox_cursor

# A statement is built once: SQLAlchemy takes longer to build one than to have it executed.
KEYS = bindparam("keys", type_=ARRAY(Text))
CREATE = (
    insert(inbox_cursor)
    .from_select(["aggregate"], select(func.unnest(KEYS).column_valued("aggregate")))
    .on_conflict_do_nothing()
)
LOCK = (
    select(inbox_cursor.c.aggregate, inbox_cursor.c.version)
    .where(inbox_cursor.c.aggregate == func.any(KEYS))
    .order_by(inbox_cursor.c.aggregate)
    .with_for_update()
)
MOVE = text(
    "UPDATE inbox_cursor SET version = moved.version FROM unnest(:keys, :versions) AS moved (aggregate, version) "
    "WHERE inbox_cursor.aggregate = moved.aggregate"
).bindparams(bindparam("keys", type_=ARRAY(Text)), bindparam("versions", type_=ARRAY(BigInteger)))


def lock_cursors(session: Session, aggregates: Iterable[str]) -> dict[str, int]:
    """Locks the cursors of `aggregates`, in the order of their keys so that no two batches can wait for each other."""
    keys = {"keys": sorted(set(aggregates))}
    session.execute(CREATE, keys)
    return {aggregate: version for aggregate, version in session.execute(LOCK, keys)}


def move_cursors(session: Session, versions: Mapping[str, int]) -> None:
    """Sets the cursors, which must be locked, to the versions applied."""
    if versions:
        session.execute(MOVE, {"keys": list(versions), "versions": list(versions.values())})
