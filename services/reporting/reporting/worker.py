"""What reporting does without being asked: it publishes its outbox, and applies everybody's events in batches."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.messaging import ChainSealed, Envelope, Relay, Sealer, Upkeep, keep_checkpoints, subscribe_batch
from chassis.process import HealthRoutes
from programme.scope import Placement
from reporting.events import AuditSealed
from reporting.handlers import (
    appointments,
    certificates,
    deliveries,
    divisions,
    education,
    enrolments,
    enterprises,
    talents,
    training_classes,
)
from reporting.handlers.appointments import AppointmentChanged, AppointmentFiled
from reporting.handlers.certificates import CertificateChanged, CertificateIssued
from reporting.handlers.deliveries import DeliveryEnded
from reporting.handlers.education import EducationRecorded
from reporting.handlers.enrolments import EnrolmentCompleted
from reporting.handlers.enterprises import EnterpriseChanged, EnterpriseDeregistered
from reporting.handlers.kept import KEPT
from reporting.handlers.talents import TalentChanged
from reporting.handlers.training_classes import ClassScheduled


class Worker(HealthRoutes):
    """The relay, the sealer and the inbox of reporting."""

    name = "reporting-worker"
    kept = KEPT
    relay = Relay()
    sealer = Sealer(AuditSealed)
    upkeep = Upkeep(when_forgotten={"notice": deliveries.fold})

    @subscribe_batch("division.placed.v1", Placement)
    def divisions_placed(self, session: Session, events: Sequence[Envelope[Placement]]) -> None:
        divisions.record_placements(session, events)

    @subscribe_batch("enterprise.registered.v1", "enterprise.changed.v1", EnterpriseChanged)
    def enterprises_changed(self, session: Session, events: Sequence[Envelope[EnterpriseChanged]]) -> None:
        enterprises.record_changes(session, events)

    @subscribe_batch("enterprise.deregistered.v1", EnterpriseDeregistered)
    def enterprises_deregistered(self, session: Session, events: Sequence[Envelope[EnterpriseDeregistered]]) -> None:
        enterprises.record_ends(session, events)

    @subscribe_batch(*appointments.STATUS_AFTER, AppointmentChanged)
    def appointments_changed(self, session: Session, events: Sequence[Envelope[AppointmentChanged]]) -> None:
        appointments.record_statuses(session, events)

    @subscribe_batch("appointment.filed.v1", AppointmentFiled)
    def appointments_filed(self, session: Session, events: Sequence[Envelope[AppointmentFiled]]) -> None:
        appointments.record_filings(session, events)

    @subscribe_batch("certificate.issued.v1", CertificateIssued)
    def certificates_issued(self, session: Session, events: Sequence[Envelope[CertificateIssued]]) -> None:
        certificates.record_issues(session, events)

    @subscribe_batch(*certificates.STATUS_AFTER, CertificateChanged)
    def certificates_changed(self, session: Session, events: Sequence[Envelope[CertificateChanged]]) -> None:
        certificates.record_statuses(session, events)

    @subscribe_batch(*talents.STATUS_AFTER, TalentChanged)
    def talents_changed(self, session: Session, events: Sequence[Envelope[TalentChanged]]) -> None:
        talents.record_statuses(session, events)

    @subscribe_batch("class.scheduled.v1", ClassScheduled)
    def classes_scheduled(self, session: Session, events: Sequence[Envelope[ClassScheduled]]) -> None:
        training_classes.record_classes(session, events)

    @subscribe_batch("enrolment.completed.v1", EnrolmentCompleted)
    def enrolments_completed(self, session: Session, events: Sequence[Envelope[EnrolmentCompleted]]) -> None:
        enrolments.record_completions(session, events)

    @subscribe_batch("enrolment.revised.v1", EnrolmentCompleted)
    def enrolments_revised(self, session: Session, events: Sequence[Envelope[EnrolmentCompleted]]) -> None:
        enrolments.record_revisions(session, events)

    @subscribe_batch("education.recorded.v1", "education.behind.v1", EducationRecorded)
    def education_recorded(self, session: Session, events: Sequence[Envelope[EducationRecorded]]) -> None:
        education.record_hours(session, events)

    @subscribe_batch(*deliveries.STATE_AFTER, DeliveryEnded)
    def deliveries_ended(self, session: Session, events: Sequence[Envelope[DeliveryEnded]]) -> None:
        deliveries.record_ends(session, events)

    # reporting keeps the checkpoints of the others' audit logs; registry keeps those of reporting's.
    @subscribe_batch(
        "registry_audit.sealed.v1", "training_audit.sealed.v1", "notifications_audit.sealed.v1", ChainSealed
    )
    def chains_sealed(self, session: Session, events: Sequence[Envelope[ChainSealed]]) -> None:
        keep_checkpoints(session, events)
