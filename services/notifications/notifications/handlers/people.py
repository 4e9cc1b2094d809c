"""People: their names, where they live, and the enterprise they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from notifications.domain.recipients import Mentions
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


@dataclass(frozen=True, kw_only=True)
class PersonExcluded:
    """On the exclusion list; `in_office`: their appointment is the subject of another event."""

    person_id: str
    document: str
    valid_from: date
    valid_until: date | None
    in_office: bool
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id)


def entered(session: Session, events: Batch[PersonEntered]) -> None:
    """People were registered or changed."""
    upsert(session, person, (_row(event.data) for event in events))


def keep_anew(session: Session, events: Sequence[Envelope[PersonEntered | PersonExcluded]]) -> None:
    """Keeps a person as `events`, all that hold of them, say; nobody is told again."""
    upsert(session, person, (_row(event.data) for event in events if isinstance(event.data, PersonEntered)))


def _row(data: PersonEntered) -> dict[str, object]:
    return {"id": data.person_id, "name": data.name, "division": data.division, "enterprise_id": data.enterprise_id}
