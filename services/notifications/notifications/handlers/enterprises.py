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
    data = [event.data for event in events]
    upsert(
        session, enterprise, ({"id": each.enterprise_id, "name": each.name, "division": each.division} for each in data)
    )
