"""Nominations for a training class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy.orm import Session

from chassis.clock import Clock
from notifications.domain.recipients import Mentions
from notifications.handlers import Batch
from notifications.handlers.announcing import announce
from notifications.handlers.upserting import upsert
from notifications.storage import training_class

NominationT = TypeVar("NominationT", bound="OfNomination")


@dataclass(frozen=True, kw_only=True)
class OfNomination:
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, class_id=self.class_id)


@dataclass(frozen=True, kw_only=True)
class NominationSubmitted(OfNomination):
    pass


@dataclass(frozen=True, kw_only=True)
class NominationWaitlisted(OfNomination):
    place: int


@dataclass(frozen=True, kw_only=True)
class NominationPromoted(OfNomination):
    pass


@dataclass(frozen=True, kw_only=True)
class NominationWithdrawn(OfNomination):
    reason: str


@dataclass(frozen=True, kw_only=True)
class NominationInvited(OfNomination):
    starts_on: date
    ends_on: date
    venue: str | None


@dataclass(frozen=True, kw_only=True)
class NominationRescheduled(NominationInvited):
    reason: str


@dataclass(frozen=True, kw_only=True)
class NominationCancelled(OfNomination):
    reason: str


def changed(session: Session, events: Batch[NominationT], clock: Clock) -> None:
    """Nominations were submitted or changed. They name their class, whose own events give its id only."""
    upsert(session, training_class, ({"id": event.data.class_id, "name": event.data.class_name} for event in events))
    announce(session, events, clock)
