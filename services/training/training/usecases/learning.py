"""What this service learns of the registry's enterprises and people."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from training import storage


def enterprise(session: Session, data: dict[str, Any]) -> None:
    """An enterprise as it now is."""
    _upsert(
        session, storage.enterprise, {"id": data["enterprise_id"], "name": data["name"], "division": data["division"]}
    )


def person(session: Session, data: dict[str, Any]) -> None:
    """A person as they now are."""
    values = {name: data.get(name) for name in ("name", "division", "enterprise_id")}
    _upsert(session, storage.person, {"id": data["person_id"], **values})


def _upsert(session: Session, table: Any, values: dict[str, Any]) -> None:
    row = insert(table).values(values)
    session.execute(
        row.on_conflict_do_update(index_elements=["id"], set_={k: v for k, v in values.items() if k != "id"})
    )
