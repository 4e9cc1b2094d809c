"""Enterprises: their names, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from chassis.clock import Clock
from notifications.handlers import Batch, matters
from notifications.handlers.upserting import upsert
from notifications.storage import enterprise


@dataclass(frozen=True, kw_only=True)
class EnterpriseEntered:
    """Registered or changed."""

    enterprise_id: str
    name: str
    division: str


@dataclass(frozen=True, kw_only=True)
class EnterpriseDeregistered:
    """`enterprise.deregistered.v1`."""

    enterprise_id: str


def entered(session: Session, events: Batch[EnterpriseEntered]) -> None:
    """Enterprises were registered or changed."""
    upsert(session, enterprise, (_row(event.data) for event in events))


def deregistered(session: Session, events: Batch[EnterpriseDeregistered], clock: Clock) -> None:
    """Enterprises are no more: what is still open of them is put right by that."""
    for event in events:
        matters.give_up(session, event.data.enterprise_id, event, clock)


def _row(data: EnterpriseEntered) -> dict[str, object]:
    return {"id": data.enterprise_id, "name": data.name, "division": data.division}
