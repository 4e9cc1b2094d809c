"""The dated tree of divisions, which decides who sees what and which reporting unit a certificate belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from programme import scope


def record_placements(session: Session, events: Sequence[Envelope[scope.Placement]]) -> None:
    """Where each division lies, from a day and until a day."""
    scope.upsert_placements(session, [event.data for event in events])
