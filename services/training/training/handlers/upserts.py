"""The statement by which a row becomes what its aggregate is after its last event."""

from __future__ import annotations

import functools

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert, insert


@functools.cache  # built once: SQLAlchemy takes longer to build a statement than to have it executed
def upsert(table: Table) -> Insert:
    """Inserts rows of `table`, and overwrites those whose id is there already."""
    row = insert(table)
    changes = {column.name: row.excluded[column.name] for column in table.columns if column.name != "id"}
    return row.on_conflict_do_update(index_elements=["id"], set_=changes)
