"""The registry's admissions: whose recommendation by which enterprise was reviewed and admitted. None is taken back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from training import storage
from training.handlers.upserts import upsert
from training.schemas.consumed import Admitted


def keep(session: Session, events: Sequence[Envelope[Admitted]]) -> None:
    """Keeps who was admitted, for which enterprise."""
    rows = [
        {
            "id": event.data.recommendation_id,
            "person_id": event.data.person_id,
            "enterprise_id": event.data.enterprise_id,
            "admitted_on": event.data.on,
        }
        for event in events
    ]
    session.execute(upsert(storage.admission), rows)
