"""What the registry does without being asked: it publishes its outbox, follows training's events, keeps deadlines."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider
from chassis.due import sweep
from chassis.messaging import Envelope, Relay, subscribe
from chassis.process import HealthRoutes
from registry import schemas
from registry.usecases import appointments, standing


class Worker(HealthRoutes):
    """The relay, the inbox and the sweeps of the registry."""

    name = "registry-worker"
    relay = Relay()
    clock: Clock = ClockProvider()

    @subscribe("certificate.issued.v1", schemas.CertificateIssued)
    def certificate_issued(self, session: Session, event: Envelope) -> None:
        standing.certificate_issued(session, event.data, self.clock)

    @subscribe("certificate.renewed.v1", schemas.CertificateRenewed)
    def certificate_renewed(self, session: Session, event: Envelope) -> None:
        standing.certificate_renewed(session, event.data, self.clock)

    @subscribe("certificate.expired.v1", schemas.CertificateEnded)
    def certificate_expired(self, session: Session, event: Envelope) -> None:
        standing.certificate_expired(session, event.data, self.clock)

    @subscribe("certificate.revoked.v1", schemas.CertificateEnded)
    def certificate_revoked(self, session: Session, event: Envelope) -> None:
        standing.certificate_revoked(session, event.data, self.clock)

    @subscribe("education.recorded.v1", schemas.EducationRecorded)
    def education_recorded(self, session: Session, event: Envelope) -> None:
        standing.education_recorded(session, event.data)

    @sweep(appointments.FILING)
    def filing_missed(self, session: Session, row: Any) -> None:
        appointments.miss_filing(session, row.payload["appointment_id"], self.clock)

    @sweep(appointments.PROVISIONAL)
    def provisional_over(self, session: Session, row: Any) -> None:
        appointments.end_provisional(session, row.payload["appointment_id"], self.clock)
