"""The registry's people, each as they are after their last event."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from training import storage
from training.handlers.moves import follow_people
from training.handlers.upserts import upsert
from training.schemas.consumed import PersonState

REGISTERED = "person.registered.v1"


def keep(session: Session, events: Sequence[Envelope[PersonState]]) -> None:
    """Keeps people as they now are; the certificate of somebody who has changed follows."""
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
    # Who has just been registered holds none.
    follow_people(session, {event.data.person_id for event in events if event.type != REGISTERED})
