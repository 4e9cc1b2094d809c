"""Nominations for a training class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.clock import Clock
from notifications.domain.recipients import Mentions
from notifications.handlers import Batch
from notifications.handlers.announcing import announce
from notifications.handlers.upserting import upsert
from notifications.storage import training_class


@dataclass(frozen=True, kw_only=True)
class NominationSubmitted:
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, class_id=self.class_id)


def submitted(session: Session, events: Batch[NominationSubmitted], clock: Clock) -> None:
    """Nominations were submitted. They name their class, whose later events give its id only."""
    upsert(session, training_class, ({"id": event.data.class_id, "name": event.data.class_name} for event in events))
    announce(session, events, clock)
