"""What training does without being asked: it publishes its outbox, follows the registry's events, keeps days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider
from chassis.due import sweep
from chassis.messaging import Envelope, Relay, subscribe_batch
from chassis.process import HealthRoutes
from programme import scope
from training import schemas
from training.usecases import certificates, learning


class Worker(HealthRoutes):
    """The relay, the inbox and the sweeps of training."""

    name = "training-worker"
    relay = Relay()
    clock: Clock = ClockProvider()

    @subscribe_batch("division.placed.v1", schemas.DivisionPlaced)
    def divisions_placed(self, session: Session, events: Sequence[Envelope]) -> None:
        scope.upsert_placements(session, (event.data for event in events))

    @subscribe_batch("enterprise.registered.v1", "enterprise.changed.v1", schemas.EnterpriseKnown)
    def enterprises_known(self, session: Session, events: Sequence[Envelope]) -> None:
        learning.enterprises(session, events)

    @subscribe_batch("person.registered.v1", "person.changed.v1", schemas.PersonKnown)
    def people_known(self, session: Session, events: Sequence[Envelope]) -> None:
        learning.people(session, events)

    @sweep(certificates.EXPIRING)
    def certificate_expiring(self, session: Session, row: Any) -> None:
        certificates.remind(session, row, self.clock)

    @sweep(certificates.EXPIRED)
    def certificate_expired(self, session: Session, row: Any) -> None:
        certificates.expire(session, row, self.clock)
