"""What notifications does without being asked: it follows the others' events, announces them, and sends letters."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider
from chassis.messaging import Envelope, Relay, subscribe_batch
from chassis.process import HealthRoutes
from notifications import schemas
from notifications.adapters.mail.mailer import Mailer
from notifications.providers import PersonalDataProvider
from notifications.usecases import readmodels
from notifications.usecases.announce import announce
from programme import scope


class Worker(HealthRoutes):
    """The relay, the inbox and the senders of notifications."""

    name = "notifications-worker"
    relay = Relay()
    mailer = Mailer()
    personal_data = PersonalDataProvider()
    clock: Clock = ClockProvider()

    # Who is to be told, and how they are reached

    @subscribe_batch("division.placed.v1", schemas.DivisionPlaced)
    def divisions_placed(self, session: Session, events: Sequence[Envelope]) -> None:
        scope.upsert_placements(session, (event.data for event in events))

    @subscribe_batch("enterprise.registered.v1", "enterprise.changed.v1", schemas.EnterpriseKept)
    def enterprise_kept(self, session: Session, events: Sequence[Envelope]) -> None:
        readmodels.keep_enterprises(session, events)

    @subscribe_batch("person.registered.v1", "person.changed.v1", schemas.PersonKept)
    def person_kept(self, session: Session, events: Sequence[Envelope]) -> None:
        readmodels.keep_people(session, events)

    @subscribe_batch("contact.changed.v1", schemas.ContactChanged)
    def contact_changed(self, session: Session, events: Sequence[Envelope]) -> None:
        readmodels.keep_contacts(session, events, self.personal_data)

    # What they are told

    @subscribe_batch("nomination.submitted.v1", schemas.NominationSubmitted)
    def nomination_submitted(self, session: Session, events: Sequence[Envelope]) -> None:
        readmodels.keep_classes(session, events)
        announce(session, events, self.clock)

    @subscribe_batch("enrolment.completed.v1", schemas.EnrolmentCompleted)
    def enrolment_completed(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.issued.v1", schemas.CertificateIssued)
    def certificate_issued(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.expiring.v1", schemas.CertificateExpiring)
    def certificate_expiring(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.renewed.v1", schemas.CertificateRenewed)
    def certificate_renewed(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.expired.v1", schemas.CertificateExpired)
    def certificate_expired(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.revoked.v1", schemas.CertificateRevoked)
    def certificate_revoked(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.made.v1", schemas.AppointmentMade)
    def appointment_made(self, session: Session, events: Sequence[Envelope]) -> None:
        readmodels.keep_appointments(session, events)
        announce(session, events, self.clock)

    @subscribe_batch("appointment.filed.v1", schemas.AppointmentFiled)
    def appointment_filed(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.filing_overdue.v1", schemas.AppointmentFilingOverdue)
    def appointment_filing_overdue(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.suspended.v1", schemas.AppointmentSuspended)
    def appointment_suspended(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.restored.v1", schemas.AppointmentRestored)
    def appointment_restored(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.ended.v1", schemas.AppointmentEnded)
    def appointment_ended(self, session: Session, events: Sequence[Envelope]) -> None:
        readmodels.end_appointments(session, events)
        announce(session, events, self.clock)

    @subscribe_batch("target.set.v1", schemas.TargetSet)
    def target_set(self, session: Session, events: Sequence[Envelope]) -> None:
        announce(session, events, self.clock)
