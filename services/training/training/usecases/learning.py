"""What this service learns of the registry's enterprises and people: each row is its object after its last event."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from training import storage


def enterprises(session: Session, events: Sequence[Envelope]) -> None:
    """Enterprises as they now are."""
    rows = [{"id": e.data["enterprise_id"], "name": e.data["name"], "division": e.data["division"]} for e in events]
    session.execute(_upsert(storage.enterprise), rows)


def people(session: Session, events: Sequence[Envelope]) -> None:
    """People as they now are."""
    fields = ("name", "division", "enterprise_id")
    rows = [{"id": e.data["person_id"], **{name: e.data.get(name) for name in fields}} for e in events]
    session.execute(_upsert(storage.person), rows)


@functools.cache  # built once: SQLAlchemy takes longer to build a statement than to have it executed
def _upsert(table: Table) -> Any:
    row = insert(table)
    changes = {column.name: row.excluded[column.name] for column in table.columns if column.name != "id"}
    return row.on_conflict_do_update(index_elements=["id"], set_=changes)
