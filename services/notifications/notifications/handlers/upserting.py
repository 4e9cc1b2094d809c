"""Writing rows of which the last one about an object holds."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session


@functools.cache  # built once: SQLAlchemy takes longer to build a statement than to have it executed
def _statement(table: Table) -> Insert:
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    changes = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changes)


def upsert(session: Session, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
    """Writes whole rows, the last one of each key, in the order of their keys so that no two batches can deadlock."""
    last = {tuple(str(row[column.name]) for column in table.primary_key): row for row in rows}
    session.execute(_statement(table), [dict(last[key]) for key in sorted(last)])
