"""What notifications does without being asked: it follows the others' events, announces them, and sends letters."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider
from chassis.messaging import OFTEN, Job, Relay, Sealer, Upkeep, subscribe_batch
from chassis.process import HealthRoutes
from notifications.adapters.mail.mailer import Mailer
from notifications.events import PASSING, AuditSealed
from notifications.handlers import (
    Batch,
    appointments,
    certificates,
    contacts,
    divisions,
    enterprises,
    nominations,
    people,
)
from notifications.handlers.announcing import Announced, announce
from notifications.handlers.appointments import (
    AppointmentChanged,
    AppointmentEnded,
    AppointmentExcluded,
    AppointmentFiled,
    AppointmentFilingOverdue,
    AppointmentFilingReturned,
    AppointmentFilingSubmitted,
    AppointmentMade,
    AppointmentRestored,
    AppointmentSuspended,
    AppointmentSuspendedWithCertificate,
)
from notifications.handlers.breaches import BreachConfirmed, BreachLifted
from notifications.handlers.certificates import (
    CertificateExpired,
    CertificateExpiring,
    CertificateIssued,
    CertificateReinstated,
    CertificateRenewed,
    CertificateReplaced,
    CertificateRevoked,
    CertificateSuspended,
)
from notifications.handlers.contact_requests import ContactAnswered, ContactRequested, ContactRequestExpired
from notifications.handlers.contacts import ContactChanged
from notifications.handlers.duties import DutyReportOverdue, DutyReportReturned
from notifications.handlers.enrolments import AppealDecided, AppealSubmitted, EnrolmentCompleted, EnrolmentRevised
from notifications.handlers.enterprises import EnterpriseEntered
from notifications.handlers.honours import HonourGiven, HonourWithdrawn
from notifications.handlers.incidents import (
    FinalReportDue,
    IncidentForwarded,
    IncidentForwardingOverdue,
    IncidentReported,
)
from notifications.handlers.kept import KEPT
from notifications.handlers.nominations import (
    NominationCancelled,
    NominationInvited,
    NominationPromoted,
    NominationRescheduled,
    NominationSubmitted,
    NominationWaitlisted,
    NominationWithdrawn,
)
from notifications.handlers.people import PersonEntered, PersonExcluded
from notifications.handlers.posts import PostVacancyOverdue
from notifications.handlers.recommendations import OfRecommendation, RecommendationMade
from notifications.handlers.shortfalls import EducationMissing, ShortfallForecast
from notifications.handlers.targets import TargetSet
from notifications.providers import PersonalDataProvider
from notifications.usecases import counting, passing
from programme.scope import Placement


def announced(*types_then_record: str | type) -> Callable[[Worker, Session, Batch[Announced]], None]:
    """Declares a handler that writes the notices of these events, and does nothing else."""

    @subscribe_batch(*types_then_record)
    def write_notices(worker: Worker, session: Session, events: Batch[Announced]) -> None:
        announce(session, events, worker.clock)

    return write_notices


class Worker(HealthRoutes):
    """The relay, the sealer, the inbox and the senders of notifications."""

    name = "notifications-worker"
    kept = KEPT
    relay = Relay()
    sealer = Sealer(AuditSealed)
    upkeep = Upkeep(
        passing=PASSING, jobs=(Job("notices", passing.forget_notices), Job("counts", counting.add_changes, every=OFTEN))
    )
    mailer = Mailer()
    personal_data = PersonalDataProvider()
    clock: Clock = ClockProvider()

    # Who is to be told, and how they are reached

    @subscribe_batch("division.placed.v1", Placement)
    def division_placed(self, session: Session, events: Batch[Placement]) -> None:
        divisions.record_placements(session, events)

    @subscribe_batch("enterprise.registered.v1", "enterprise.changed.v1", EnterpriseEntered)
    def enterprise_entered(self, session: Session, events: Batch[EnterpriseEntered]) -> None:
        enterprises.entered(session, events)

    @subscribe_batch("person.registered.v1", "person.changed.v1", PersonEntered)
    def person_entered(self, session: Session, events: Batch[PersonEntered]) -> None:
        people.entered(session, events)

    @subscribe_batch("contact.changed.v1", ContactChanged)
    def contact_changed(self, session: Session, events: Batch[ContactChanged]) -> None:
        contacts.changed(session, events, self.personal_data)

    # What they are told

    @subscribe_batch("nomination.submitted.v1", NominationSubmitted)
    def nomination_submitted(self, session: Session, events: Batch[NominationSubmitted]) -> None:
        nominations.changed(session, events, self.clock)

    @subscribe_batch("nomination.waitlisted.v1", NominationWaitlisted)
    def nomination_waitlisted(self, session: Session, events: Batch[NominationWaitlisted]) -> None:
        nominations.changed(session, events, self.clock)

    @subscribe_batch("nomination.promoted.v1", NominationPromoted)
    def nomination_promoted(self, session: Session, events: Batch[NominationPromoted]) -> None:
        nominations.changed(session, events, self.clock)

    @subscribe_batch("nomination.withdrawn.v1", NominationWithdrawn)
    def nomination_withdrawn(self, session: Session, events: Batch[NominationWithdrawn]) -> None:
        nominations.changed(session, events, self.clock)

    @subscribe_batch("nomination.invited.v1", NominationInvited)
    def nomination_invited(self, session: Session, events: Batch[NominationInvited]) -> None:
        nominations.changed(session, events, self.clock)

    @subscribe_batch("nomination.rescheduled.v1", NominationRescheduled)
    def nomination_rescheduled(self, session: Session, events: Batch[NominationRescheduled]) -> None:
        nominations.changed(session, events, self.clock)

    @subscribe_batch("nomination.cancelled.v1", NominationCancelled)
    def nomination_cancelled(self, session: Session, events: Batch[NominationCancelled]) -> None:
        nominations.changed(session, events, self.clock)

    enrolment_completed = announced("enrolment.completed.v1", EnrolmentCompleted)
    enrolment_revised = announced("enrolment.revised.v1", EnrolmentRevised)
    appeal_submitted = announced("appeal.submitted.v1", AppealSubmitted)
    appeal_decided = announced("appeal.decided.v1", AppealDecided)
    certificate_issued = announced("certificate.issued.v1", CertificateIssued)

    @subscribe_batch("certificate.expiring.v1", CertificateExpiring)
    def certificate_expiring(self, session: Session, events: Batch[CertificateExpiring]) -> None:
        certificates.expiring(session, events, self.clock)

    certificate_renewed = announced("certificate.renewed.v1", CertificateRenewed)
    certificate_expired = announced("certificate.expired.v1", CertificateExpired)
    certificate_revoked = announced("certificate.revoked.v1", CertificateRevoked)
    certificate_suspended = announced("certificate.suspended.v1", CertificateSuspended)
    certificate_reinstated = announced("certificate.reinstated.v1", CertificateReinstated)
    certificate_replaced = announced("certificate.replaced.v1", CertificateReplaced)
    shortfall_forecast = announced("shortfall.forecast.v1", ShortfallForecast)
    education_missing = announced("education.behind.v1", "education.completion_withdrawn.v1", EducationMissing)

    @subscribe_batch("appointment.made.v1", AppointmentMade)
    def appointment_made(self, session: Session, events: Batch[AppointmentMade]) -> None:
        appointments.made(session, events, self.clock)

    appointment_filed = announced("appointment.filed.v1", AppointmentFiled)
    appointment_filing_submitted = announced("appointment.filing_submitted.v1", AppointmentFilingSubmitted)
    appointment_filing_returned = announced("appointment.filing_returned.v1", AppointmentFilingReturned)
    appointment_filing_overdue = announced("appointment.filing_overdue.v1", AppointmentFilingOverdue)

    @subscribe_batch("appointment.changed.v1", AppointmentChanged)
    def appointment_changed(self, session: Session, events: Batch[AppointmentChanged]) -> None:
        appointments.changed(session, events, self.clock)

    appointment_suspended = announced("appointment.suspended.v1", AppointmentSuspended)
    appointment_excluded = announced("appointment.excluded.v1", AppointmentExcluded)
    appointment_suspended_with_certificate = announced(
        "appointment.suspended_with_certificate.v1", AppointmentSuspendedWithCertificate
    )
    appointment_restored = announced("appointment.restored.v1", AppointmentRestored)

    @subscribe_batch("appointment.ended.v1", AppointmentEnded)
    def appointment_ended(self, session: Session, events: Batch[AppointmentEnded]) -> None:
        appointments.ended(session, events, self.clock)

    post_vacancy_overdue = announced("post.vacancy_overdue.v1", PostVacancyOverdue)
    person_excluded = announced("person.excluded.v1", PersonExcluded)
    contact_requested = announced("contact_request.made.v1", ContactRequested)
    contact_answered = announced("contact_request.answered.v1", ContactAnswered)
    contact_request_expired = announced("contact_request.expired.v1", ContactRequestExpired)
    recommendation_made = announced("recommendation.made.v1", RecommendationMade)
    recommendation_decided = announced(
        "recommendation.returned.v1", "recommendation.admitted.v1", "recommendation.refused.v1", OfRecommendation
    )
    incident_reported = announced("incident.reported.v1", IncidentReported)
    incident_forwarded = announced("incident.forwarded.v1", IncidentForwarded)
    incident_forwarding_overdue = announced("incident.forwarding_overdue.v1", IncidentForwardingOverdue)
    final_report_due = announced("incident.closed.v1", "incident.final_report_overdue.v1", FinalReportDue)
    duty_report_returned = announced("duty_report.returned.v1", DutyReportReturned)
    duty_report_overdue = announced("duty_report.overdue.v1", DutyReportOverdue)
    breach_confirmed = announced("breach.confirmed.v1", BreachConfirmed)
    breach_lifted = announced("breach.lifted.v1", BreachLifted)
    honour_given = announced("honour.given.v1", HonourGiven)
    honour_withdrawn = announced("honour.withdrawn.v1", HonourWithdrawn)
    target_set = announced("target.set.v1", "target.set.v2", TargetSet)
