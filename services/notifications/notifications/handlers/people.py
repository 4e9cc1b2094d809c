"""People: their names, where they live, and the enterprise they belong to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from notifications.handlers import Batch
from notifications.handlers.upserting import upsert
from notifications.storage import person


@dataclass(frozen=True, kw_only=True)
class PersonEntered:
    """Registered or changed."""

    person_id: str
    name: str
    division: str
    enterprise_id: str | None = None


def entered(session: Session, events: Batch[PersonEntered]) -> None:
    """People were registered or changed."""
    upsert(session, person, (_row(event.data) for event in events))


def _row(data: PersonEntered) -> dict[str, object]:
    return {"id": data.person_id, "name": data.name, "division": data.division, "enterprise_id": data.enterprise_id}
