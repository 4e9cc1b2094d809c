"""What training does without being asked: it publishes its outbox, follows the registry's events, keeps days."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider
from chassis.due import DueRow, sweep
from chassis.messaging import Envelope, Job, Relay, Sealer, Upkeep, subscribe_batch
from chassis.process import HealthRoutes
from programme.scope import Placement
from training.events import AuditSealed
from training.handlers import admissions, divisions, enterprises, people
from training.handlers.kept import KEPT
from training.schemas.consumed import Admitted, EnterpriseState, PersonState
from training.usecases import expiry, forecast, openings, status_lists, waiting


class Worker(HealthRoutes):
    """The relay, the sealer, the inbox and the sweeps of training."""

    name = "training-worker"
    kept = KEPT
    relay = Relay()
    sealer = Sealer(AuditSealed)
    upkeep = Upkeep(jobs=(Job("status lists", status_lists.keep, every=status_lists.EVERY),))
    clock: Clock = ClockProvider()

    @subscribe_batch("division.placed.v1", Placement)
    def divisions_placed(self, session: Session, events: Sequence[Envelope[Placement]]) -> None:
        divisions.record_placements(session, events)

    @subscribe_batch("enterprise.registered.v1", "enterprise.changed.v1", EnterpriseState)
    def enterprises_changed(self, session: Session, events: Sequence[Envelope[EnterpriseState]]) -> None:
        enterprises.keep(session, events)

    @subscribe_batch("person.registered.v1", "person.changed.v1", PersonState)
    def people_changed(self, session: Session, events: Sequence[Envelope[PersonState]]) -> None:
        people.keep(session, events)

    @subscribe_batch("recommendation.admitted.v1", Admitted)
    def candidates_admitted(self, session: Session, events: Sequence[Envelope[Admitted]]) -> None:
        admissions.keep(session, events)

    @sweep(forecast.FORECAST)
    def education_forecast(self, session: Session, rows: Sequence[DueRow]) -> None:
        forecast.forecast(session, rows, self.clock)

    @sweep(forecast.BEHIND)
    def education_behind(self, session: Session, rows: Sequence[DueRow]) -> None:
        forecast.announce_behind(session, rows, self.clock)

    @sweep(openings.OPENING)
    def classes_open_soon(self, session: Session, rows: Sequence[DueRow]) -> None:
        openings.invite(session, rows, self.clock)

    @sweep(waiting.QUOTAS_RELEASED)
    def quotas_released(self, session: Session, rows: Sequence[DueRow]) -> None:
        waiting.release(session, rows, self.clock)

    @sweep(expiry.REMINDER)
    def certificates_expiring(self, session: Session, rows: Sequence[DueRow]) -> None:
        expiry.remind(session, rows, self.clock)

    @sweep(expiry.END)
    def certificates_expired(self, session: Session, rows: Sequence[DueRow]) -> None:
        expiry.expire(session, rows, self.clock)
