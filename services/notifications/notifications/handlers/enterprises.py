"""Enterprises: their names, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from notifications.handlers import Batch
from notifications.handlers.upserting import upsert
from notifications.storage import enterprise


@dataclass(frozen=True, kw_only=True)
class EnterpriseEntered:
    """Registered or changed."""

    enterprise_id: str
    name: str
    division: str


def entered(session: Session, events: Batch[EnterpriseEntered]) -> None:
    """Enterprises were registered or changed."""
    upsert(session, enterprise, (_row(event.data) for event in events))


def _row(data: EnterpriseEntered) -> dict[str, object]:
    return {"id": data.enterprise_id, "name": data.name, "division": data.division}
