"""Divisions: the dated tree in which recipients lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from notifications.handlers import Batch
from programme import scope


@dataclass(frozen=True, kw_only=True)
class DivisionPlaced:
    code: str
    name: str
    level: str
    parent: str | None = None
    valid_from: date
    valid_to: date | None = None
    successor: str | None = None


def placed(session: Session, events: Batch[DivisionPlaced]) -> None:
    """Divisions were placed in the tree."""
    scope.upsert_placements(session, (vars(event.data) for event in events))
