"""The registry's enterprises, each as it is after its last event."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from training import storage
from training.handlers.moves import follow_firms
from training.handlers.upserts import upsert
from training.schemas.consumed import EnterpriseState


def keep(session: Session, events: Sequence[Envelope[EnterpriseState]]) -> None:
    """Keeps enterprises as they now are; the certificates of those who work there follow them."""
    rows = [
        {"id": event.data.enterprise_id, "name": event.data.name, "division": event.data.division} for event in events
    ]
    session.execute(upsert(storage.enterprise), rows)
    # Also of one just registered: somebody may have been announced as its own before it was.
    follow_firms(session, {event.data.enterprise_id for event in events})
