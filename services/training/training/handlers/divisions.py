"""The dated tree of divisions, which decides who sees what and which reporting unit a certificate belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from programme import scope
from training.schemas.consumed import DivisionPlaced


def place(session: Session, events: Sequence[Envelope[DivisionPlaced]]) -> None:
    """Enters where divisions lie."""
    scope.upsert_placements(session, (asdict(event.data) for event in events))
