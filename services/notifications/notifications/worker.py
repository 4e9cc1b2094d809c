"""What notifications does without being asked: it follows others' events, announces them, now or later, and sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider
from chassis.due import DueRow, sweep
from chassis.messaging import OFTEN, Job, Relay, Sealer, Upkeep, subscribe_batch
from chassis.process import HealthRoutes
from notifications.adapters.amqp.filler import QueueFiller
from notifications.adapters.sending.senders import Senders
from notifications.adapters.webhook.letters import SubscriberLetters
from notifications.adapters.webhook.webhooks import Webhooks
from notifications.events import PASSING, AuditSealed
from notifications.fan_out import FanOut
from notifications.handlers import (
    Batch,
    appointments,
    certificates,
    contacts,
    divisions,
    enterprises,
    matters,
    nominations,
    people,
    planning,
    replanning,
    sending,
)
from notifications.handlers.announcing import Announced, announce
from notifications.handlers.appointments import AppointmentChanged, AppointmentEnded, AppointmentMade
from notifications.handlers.certificates import CertificateExpiring, OfCertificate
from notifications.handlers.contacts import ContactChanged
from notifications.handlers.duties import DutyReportSubmitted
from notifications.handlers.enterprises import EnterpriseDeregistered, EnterpriseEntered
from notifications.handlers.followed import RECORDS
from notifications.handlers.incidents import IncidentReportAdded
from notifications.handlers.kept import KEPT
from notifications.handlers.nominations import OfNomination
from notifications.handlers.people import PersonEntered
from notifications.handlers.public_events import (
    FOR_SUBSCRIBERS_ONLY,
    ForSubscriptions,
    Nothing,
    only_for_subscribers,
)
from notifications.providers import PersonalDataProvider, SealsProvider
from notifications.usecases import (
    counting,
    coverage,
    digests,
    keeping,
    limits,
    mail_journal,
    manifests,
    passing,
    returns,
    subscriptions,
)
from notifications.usecases.webhooks import passing as webhook_log
from programme.scope import Placement

Handler: TypeAlias = Callable[["Worker", Session, Batch[Any]], None]  # Any: the records of its events


def announced(*types: str) -> Handler:
    """Declares a handler that has the rules announce these events, and does nothing else."""

    @subscribe_batch(*types, RECORDS[types[0]])
    def announce_all(worker: Worker, session: Session, events: Batch[Announced]) -> None:
        announce(session, events, worker.clock)

    return announce_all


def of_class(event: str) -> Handler:
    """Declares a handler of nominations, which name their class."""

    @subscribe_batch(event, RECORDS[event])
    def nominations_changed(worker: Worker, session: Session, events: Batch[OfNomination]) -> None:
        nominations.changed(session, events, worker.clock)

    return nominations_changed


def begun(event: str) -> Handler:
    """Declares a handler of certificates that are valid until a day from then on."""

    @subscribe_batch(event, RECORDS[event])
    def certificates_begun(worker: Worker, session: Session, events: Batch[OfCertificate]) -> None:
        certificates.begun(session, events, worker.clock)

    return certificates_begun


def ended(event: str) -> Handler:
    """Declares a handler of certificates that are valid no more."""

    @subscribe_batch(event, RECORDS[event])
    def certificates_ended(worker: Worker, session: Session, events: Batch[OfCertificate]) -> None:
        certificates.ended(session, events, worker.clock)

    return certificates_ended


class Worker(HealthRoutes):
    """The relay, the sealer, the inbox, the sweep, the senders of notices, and what delivers to subscribers."""

    name = "notifications-worker"
    kept = KEPT
    relay = Relay()
    sealer = Sealer(AuditSealed)
    upkeep = Upkeep(
        passing=PASSING,
        jobs=(
            Job("notices", passing.forget_notices),
            Job("matters", passing.forget_matters),
            Job("counts", counting.add_changes, every=OFTEN),
            Job("digests", digests.gather, every=OFTEN),
            Job("passed digests", digests.forget_digests),
            Job("limits", limits.forget_usage),
            Job("bounces", returns.read_bounces, every=OFTEN),
            Job("plans", replanning.replan, every=OFTEN),
            Job("mail journal", mail_journal.read_more, every=timedelta(hours=1)),
            Job("coverage", coverage.work, every=timedelta(minutes=1)),
            Job("passed audits", coverage.forget),
            Job("manifests", manifests.make_next, every=manifests.LOOK_EVERY),
            Job("subscription events", keeping.forget_events, every=manifests.LOOK_EVERY),
            Job("public places", keeping.forget_places),
            Job("webhook log", webhook_log.forget_log, every=manifests.LOOK_EVERY),
        ),
    )
    listener = ForSubscriptions()
    fan_out = FanOut()
    senders = Senders()
    queue_filler = QueueFiller()
    webhooks = Webhooks()
    subscriber_letters = SubscriberLetters()
    personal_data = PersonalDataProvider()
    seals = SealsProvider()
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

    nomination_submitted = of_class("nomination.submitted.v1")
    nomination_waitlisted = of_class("nomination.waitlisted.v1")
    nomination_promoted = of_class("nomination.promoted.v1")
    nomination_withdrawn = of_class("nomination.withdrawn.v1")
    nomination_invited = of_class("nomination.invited.v1")
    nomination_rescheduled = of_class("nomination.rescheduled.v1")
    nomination_cancelled = of_class("nomination.cancelled.v1")
    enrolment_completed = announced("enrolment.completed.v1")
    enrolment_revised = announced("enrolment.revised.v1")
    appeal_submitted = announced("appeal.submitted.v1")
    appeal_decided = announced("appeal.decided.v1")
    certificate_issued = begun("certificate.issued.v1")

    certificate_renewed = begun("certificate.renewed.v1")
    certificate_expired = ended("certificate.expired.v1")
    certificate_revoked = ended("certificate.revoked.v1")
    certificate_suspended = ended("certificate.suspended.v1")
    certificate_reinstated = begun("certificate.reinstated.v1")
    certificate_replaced = ended("certificate.replaced.v1")
    shortfall_forecast = announced("shortfall.forecast.v1")
    education_missing = announced("education.behind.v1", "education.completion_withdrawn.v1")

    @subscribe_batch("appointment.made.v1", AppointmentMade)
    def appointment_made(self, session: Session, events: Batch[AppointmentMade]) -> None:
        appointments.made(session, events, self.clock)

    appointment_filed = announced("appointment.filed.v1")
    appointment_filing_submitted = announced("appointment.filing_submitted.v1")
    appointment_filing_returned = announced("appointment.filing_returned.v1")
    appointment_filing_overdue = announced("appointment.filing_overdue.v1")

    @subscribe_batch("appointment.changed.v1", AppointmentChanged)
    def appointment_changed(self, session: Session, events: Batch[AppointmentChanged]) -> None:
        appointments.changed(session, events, self.clock)

    appointment_suspended = announced("appointment.suspended.v1")
    appointment_excluded = announced("appointment.excluded.v1")
    appointment_suspended_with_certificate = announced("appointment.suspended_with_certificate.v1")
    appointment_restored = announced("appointment.restored.v1")

    @subscribe_batch("appointment.ended.v1", AppointmentEnded)
    def appointment_ended(self, session: Session, events: Batch[AppointmentEnded]) -> None:
        appointments.ended(session, events, self.clock)

    post_vacancy_overdue = announced("post.vacancy_overdue.v1")
    person_excluded = announced("person.excluded.v1")
    contact_requested = announced("contact_request.made.v1")
    contact_answered = announced("contact_request.answered.v1")
    contact_request_expired = announced("contact_request.expired.v1")
    recommendation_made = announced("recommendation.made.v1")
    recommendation_decided = announced(
        "recommendation.returned.v1", "recommendation.admitted.v1", "recommendation.refused.v1"
    )
    incident_reported = announced("incident.reported.v1")
    incident_forwarded = announced("incident.forwarded.v1")
    incident_forwarding_overdue = announced("incident.forwarding_overdue.v1")
    final_report_due = announced("incident.closed.v1", "incident.final_report_overdue.v1")
    duty_report_returned = announced("duty_report.returned.v1")
    duty_report_overdue = announced("duty_report.overdue.v1")
    breach_confirmed = announced("breach.confirmed.v1")
    breach_lifted = announced("breach.lifted.v1")
    honour_given = announced("honour.given.v1")
    honour_withdrawn = announced("honour.withdrawn.v1")
    target_set = announced("target.set.v1", "target.set.v2")

    # What they are told later, and what ends that

    @sweep(planning.DUE)
    def notices_due(self, session: Session, rows: Sequence[DueRow]) -> None:
        sending.send(session, rows, self.clock)

    @sweep(planning.ESCALATED)
    def notices_escalated(self, session: Session, rows: Sequence[DueRow]) -> None:
        sending.send(session, rows, self.clock)

    @subscribe_batch("certificate.expiring.v1", CertificateExpiring)
    def certificate_expiring(self, session: Session, events: Batch[CertificateExpiring]) -> None:
        certificates.expiring(session, events, self.clock)

    @subscribe_batch("duty_report.submitted.v1", DutyReportSubmitted)
    def duty_report_submitted(self, session: Session, events: Batch[DutyReportSubmitted]) -> None:
        matters.follow(session, events, self.clock)

    @subscribe_batch("incident.report_added.v1", IncidentReportAdded)
    def incident_report_added(self, session: Session, events: Batch[IncidentReportAdded]) -> None:
        matters.follow(session, events, self.clock)

    @subscribe_batch("enterprise.deregistered.v1", EnterpriseDeregistered)
    def enterprise_deregistered(self, session: Session, events: Batch[EnterpriseDeregistered]) -> None:
        enterprises.deregistered(session, events, self.clock)

    # What other systems are given

    for_subscribers_only = subscribe_batch(*FOR_SUBSCRIBERS_ONLY, Nothing)(only_for_subscribers)

    @sweep(subscriptions.OVER)
    def subscriptions_over(self, session: Session, rows: Sequence[DueRow]) -> None:
        subscriptions.end_those_over(session, rows, self.clock)
