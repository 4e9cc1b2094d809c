"""The registry's people, each as they are after their last event."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from training import storage
from training.handlers.upserts import upsert
from training.schemas.consumed import PersonState


def keep(session: Session, events: Sequence[Envelope[PersonState]]) -> None:
    """Keeps people as they now are."""
    rows = [
        {
            "id": event.data.person_id,
            "name": event.data.name,
            "division": event.data.division,
            "enterprise_id": event.data.enterprise_id,
        }
        for event in events
    ]
    session.execute(upsert(storage.person), rows)
