"""What reporting does without being asked: it publishes its outbox, and learns from everybody's events in batches."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.messaging import Envelope, Relay, subscribe_batch
from chassis.process import HealthRoutes
from programme import scope
from reporting import schemas
from reporting.usecases import projections


class Worker(HealthRoutes):
    """The relay and the inbox of reporting."""

    name = "reporting-worker"
    relay = Relay()

    @subscribe_batch("division.placed.v1", schemas.DivisionPlaced)
    def divisions_placed(self, session: Session, events: Sequence[Envelope]) -> None:
        scope.upsert_placements(session, (event.data for event in events))

    @subscribe_batch("enterprise.registered.v1", "enterprise.changed.v1", schemas.EnterpriseKnown)
    def enterprises(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.enterprises(session, events)

    @subscribe_batch(*projections.APPOINTMENT, schemas.AppointmentChanged)
    def appointments(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.appointments(session, events)

    @subscribe_batch("appointment.filed.v1", schemas.AppointmentFiled)
    def filings(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.filings(session, events)

    @subscribe_batch("certificate.issued.v1", schemas.CertificateIssued)
    def certificates_issued(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.certificates(session, events)

    @subscribe_batch(
        "certificate.expired.v1", "certificate.renewed.v1", "certificate.revoked.v1", schemas.CertificateChanged
    )
    def certificates_changed(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.certificates(session, events)

    @subscribe_batch(*projections.TALENT, schemas.TalentChanged)
    def talents(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.talents(session, events)

    @subscribe_batch("class.scheduled.v1", schemas.ClassScheduled)
    def classes(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.classes(session, events)

    @subscribe_batch("enrolment.completed.v1", schemas.EnrolmentCompleted)
    def enrolments(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.enrolments(session, events)

    @subscribe_batch("education.recorded.v1", schemas.EducationRecorded)
    def education(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.education(session, events)

    @subscribe_batch("notice.sent.v1", "notice.failed.v1", schemas.NoticeEnded)
    def notices(self, session: Session, events: Sequence[Envelope]) -> None:
        projections.notices(session, events)
