"""What notifications does without being asked: it follows the others' events, announces them, and sends letters."""

from __future__ import annotations

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
from notifications.handlers.announcing import announce
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

    @subscribe_batch("enrolment.completed.v1", EnrolmentCompleted)
    def enrolment_completed(self, session: Session, events: Batch[EnrolmentCompleted]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("enrolment.revised.v1", EnrolmentRevised)
    def enrolment_revised(self, session: Session, events: Batch[EnrolmentRevised]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appeal.submitted.v1", AppealSubmitted)
    def appeal_submitted(self, session: Session, events: Batch[AppealSubmitted]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appeal.decided.v1", AppealDecided)
    def appeal_decided(self, session: Session, events: Batch[AppealDecided]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.issued.v1", CertificateIssued)
    def certificate_issued(self, session: Session, events: Batch[CertificateIssued]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.expiring.v1", CertificateExpiring)
    def certificate_expiring(self, session: Session, events: Batch[CertificateExpiring]) -> None:
        certificates.expiring(session, events, self.clock)

    @subscribe_batch("certificate.renewed.v1", CertificateRenewed)
    def certificate_renewed(self, session: Session, events: Batch[CertificateRenewed]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.expired.v1", CertificateExpired)
    def certificate_expired(self, session: Session, events: Batch[CertificateExpired]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.revoked.v1", CertificateRevoked)
    def certificate_revoked(self, session: Session, events: Batch[CertificateRevoked]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.suspended.v1", CertificateSuspended)
    def certificate_suspended(self, session: Session, events: Batch[CertificateSuspended]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.reinstated.v1", CertificateReinstated)
    def certificate_reinstated(self, session: Session, events: Batch[CertificateReinstated]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("certificate.replaced.v1", CertificateReplaced)
    def certificate_replaced(self, session: Session, events: Batch[CertificateReplaced]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("shortfall.forecast.v1", ShortfallForecast)
    def shortfall_forecast(self, session: Session, events: Batch[ShortfallForecast]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("education.behind.v1", "education.completion_withdrawn.v1", EducationMissing)
    def education_missing(self, session: Session, events: Batch[EducationMissing]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.made.v1", AppointmentMade)
    def appointment_made(self, session: Session, events: Batch[AppointmentMade]) -> None:
        appointments.made(session, events, self.clock)

    @subscribe_batch("appointment.filed.v1", AppointmentFiled)
    def appointment_filed(self, session: Session, events: Batch[AppointmentFiled]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.filing_submitted.v1", AppointmentFilingSubmitted)
    def appointment_filing_submitted(self, session: Session, events: Batch[AppointmentFilingSubmitted]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.filing_returned.v1", AppointmentFilingReturned)
    def appointment_filing_returned(self, session: Session, events: Batch[AppointmentFilingReturned]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.filing_overdue.v1", AppointmentFilingOverdue)
    def appointment_filing_overdue(self, session: Session, events: Batch[AppointmentFilingOverdue]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.changed.v1", AppointmentChanged)
    def appointment_changed(self, session: Session, events: Batch[AppointmentChanged]) -> None:
        appointments.changed(session, events, self.clock)

    @subscribe_batch("appointment.suspended.v1", AppointmentSuspended)
    def appointment_suspended(self, session: Session, events: Batch[AppointmentSuspended]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.excluded.v1", AppointmentExcluded)
    def appointment_excluded(self, session: Session, events: Batch[AppointmentExcluded]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.suspended_with_certificate.v1", AppointmentSuspendedWithCertificate)
    def appointment_suspended_with_certificate(
        self, session: Session, events: Batch[AppointmentSuspendedWithCertificate]
    ) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.restored.v1", AppointmentRestored)
    def appointment_restored(self, session: Session, events: Batch[AppointmentRestored]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("appointment.ended.v1", AppointmentEnded)
    def appointment_ended(self, session: Session, events: Batch[AppointmentEnded]) -> None:
        appointments.ended(session, events, self.clock)

    @subscribe_batch("post.vacancy_overdue.v1", PostVacancyOverdue)
    def post_vacancy_overdue(self, session: Session, events: Batch[PostVacancyOverdue]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("person.excluded.v1", PersonExcluded)
    def person_excluded(self, session: Session, events: Batch[PersonExcluded]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("contact_request.made.v1", ContactRequested)
    def contact_requested(self, session: Session, events: Batch[ContactRequested]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("contact_request.answered.v1", ContactAnswered)
    def contact_answered(self, session: Session, events: Batch[ContactAnswered]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("contact_request.expired.v1", ContactRequestExpired)
    def contact_request_expired(self, session: Session, events: Batch[ContactRequestExpired]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("recommendation.made.v1", RecommendationMade)
    def recommendation_made(self, session: Session, events: Batch[RecommendationMade]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch(
        "recommendation.returned.v1", "recommendation.admitted.v1", "recommendation.refused.v1", OfRecommendation
    )
    def recommendation_decided(self, session: Session, events: Batch[OfRecommendation]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("incident.reported.v1", IncidentReported)
    def incident_reported(self, session: Session, events: Batch[IncidentReported]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("incident.forwarded.v1", IncidentForwarded)
    def incident_forwarded(self, session: Session, events: Batch[IncidentForwarded]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("incident.forwarding_overdue.v1", IncidentForwardingOverdue)
    def incident_forwarding_overdue(self, session: Session, events: Batch[IncidentForwardingOverdue]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("incident.closed.v1", "incident.final_report_overdue.v1", FinalReportDue)
    def final_report_due(self, session: Session, events: Batch[FinalReportDue]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("duty_report.returned.v1", DutyReportReturned)
    def duty_report_returned(self, session: Session, events: Batch[DutyReportReturned]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("duty_report.overdue.v1", DutyReportOverdue)
    def duty_report_overdue(self, session: Session, events: Batch[DutyReportOverdue]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("breach.confirmed.v1", BreachConfirmed)
    def breach_confirmed(self, session: Session, events: Batch[BreachConfirmed]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("breach.lifted.v1", BreachLifted)
    def breach_lifted(self, session: Session, events: Batch[BreachLifted]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("honour.given.v1", HonourGiven)
    def honour_given(self, session: Session, events: Batch[HonourGiven]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("honour.withdrawn.v1", HonourWithdrawn)
    def honour_withdrawn(self, session: Session, events: Batch[HonourWithdrawn]) -> None:
        announce(session, events, self.clock)

    @subscribe_batch("target.set.v1", "target.set.v2", TargetSet)
    def target_set(self, session: Session, events: Batch[TargetSet]) -> None:
        announce(session, events, self.clock)
