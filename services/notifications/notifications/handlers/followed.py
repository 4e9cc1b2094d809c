"""The events that rules can announce: what is read of each, and whom it can give.

Each is kept as a cause, whatever the rules of the day say of it. Other events are followed for what they say of people
and of facts; nobody is told of them.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from notifications.domain.recipients import Audience
from notifications.handlers import (
    appointments,
    breaches,
    certificates,
    contact_requests,
    duties,
    enrolments,
    honours,
    incidents,
    nominations,
    people,
    posts,
    recommendations,
    shortfalls,
    targets,
)
from notifications.handlers.announcing import Announced

OFFICES = frozenset({Audience.DIVISION, Audience.PREFECTURE, Audience.PROVINCE, Audience.CENTRE})


RECORDS: Mapping[str, type[Announced]] = {
    "appeal.decided.v1": enrolments.AppealDecided,
    "appeal.submitted.v1": enrolments.AppealSubmitted,
    "appointment.changed.v1": appointments.AppointmentChanged,
    "appointment.ended.v1": appointments.AppointmentEnded,
    "appointment.excluded.v1": appointments.AppointmentExcluded,
    "appointment.filed.v1": appointments.AppointmentFiled,
    "appointment.filing_overdue.v1": appointments.AppointmentFilingOverdue,
    "appointment.filing_returned.v1": appointments.AppointmentFilingReturned,
    "appointment.filing_submitted.v1": appointments.AppointmentFilingSubmitted,
    "appointment.made.v1": appointments.AppointmentMade,
    "appointment.restored.v1": appointments.AppointmentRestored,
    "appointment.suspended.v1": appointments.AppointmentSuspended,
    "appointment.suspended_with_certificate.v1": appointments.AppointmentSuspendedWithCertificate,
    "breach.confirmed.v1": breaches.BreachConfirmed,
    "breach.lifted.v1": breaches.BreachLifted,
    "certificate.expired.v1": certificates.CertificateExpired,
    "certificate.issued.v1": certificates.CertificateIssued,
    "certificate.reinstated.v1": certificates.CertificateReinstated,
    "certificate.renewed.v1": certificates.CertificateRenewed,
    "certificate.replaced.v1": certificates.CertificateReplaced,
    "certificate.revoked.v1": certificates.CertificateRevoked,
    "certificate.suspended.v1": certificates.CertificateSuspended,
    "contact_request.answered.v1": contact_requests.ContactAnswered,
    "contact_request.expired.v1": contact_requests.ContactRequestExpired,
    "contact_request.made.v1": contact_requests.ContactRequested,
    "duty_report.overdue.v1": duties.DutyReportOverdue,
    "duty_report.returned.v1": duties.DutyReportReturned,
    "education.behind.v1": shortfalls.EducationMissing,
    "education.completion_withdrawn.v1": shortfalls.EducationMissing,
    "enrolment.completed.v1": enrolments.EnrolmentCompleted,
    "enrolment.revised.v1": enrolments.EnrolmentRevised,
    "honour.given.v1": honours.HonourGiven,
    "honour.withdrawn.v1": honours.HonourWithdrawn,
    "incident.closed.v1": incidents.FinalReportDue,
    "incident.final_report_overdue.v1": incidents.FinalReportDue,
    "incident.forwarded.v1": incidents.IncidentForwarded,
    "incident.forwarding_overdue.v1": incidents.IncidentForwardingOverdue,
    "incident.reported.v1": incidents.IncidentReported,
    "nomination.cancelled.v1": nominations.NominationCancelled,
    "nomination.invited.v1": nominations.NominationInvited,
    "nomination.promoted.v1": nominations.NominationPromoted,
    "nomination.rescheduled.v1": nominations.NominationRescheduled,
    "nomination.submitted.v1": nominations.NominationSubmitted,
    "nomination.waitlisted.v1": nominations.NominationWaitlisted,
    "nomination.withdrawn.v1": nominations.NominationWithdrawn,
    "person.excluded.v1": people.PersonExcluded,
    "post.vacancy_overdue.v1": posts.PostVacancyOverdue,
    "recommendation.admitted.v1": recommendations.OfRecommendation,
    "recommendation.made.v1": recommendations.RecommendationMade,
    "recommendation.refused.v1": recommendations.OfRecommendation,
    "recommendation.returned.v1": recommendations.OfRecommendation,
    "shortfall.forecast.v1": shortfalls.ShortfallForecast,
    "target.set.v1": targets.TargetSet,
    "target.set.v2": targets.TargetSet,
}
# Of these alone the counts know the value, so a rule may depend on no other field.
COUNTED_FIELDS = ("late",)


@dataclass(frozen=True)
class Followed:
    """What an event of a type can give a rule."""

    audience: frozenset[Audience]
    days: frozenset[str]  # the fields that hold a day
    flags: frozenset[str]  # those that are true or false


@functools.cache
def followed(event: str) -> Followed:
    """What that type of event can give; LookupError if it is not followed."""
    record = RECORDS[event]
    hints = typing.get_type_hints(record)
    names = {each.name for each in fields(record)}  # type: ignore[arg-type]  # each is a dataclass
    has_person = "person_id" in names
    # A firm is told of a person where the event names a firm, or is about whoever employs them now.
    has_enterprise = (
        bool(names & {"enterprise_id", "asking_enterprise_id"}) or record is contact_requests.ContactRequested
    )
    parties = {Audience.PERSON: has_person, Audience.ENTERPRISE: has_enterprise}
    return Followed(
        OFFICES | {audience for audience, is_given in parties.items() if is_given},
        frozenset(name for name in names if date in (hints[name], *typing.get_args(hints[name]))),
        frozenset(name for name in names if hints[name] is bool),
    )


@functools.cache
def day_fields() -> frozenset[str]:
    """The names by which any of the events calls a day."""
    return frozenset().union(*(followed(event).days for event in RECORDS))


def typed(data: Mapping[str, object]) -> dict[str, object]:
    """An event's data as they were kept, with their days as days again."""
    days = day_fields()
    return {
        name: date.fromisoformat(value) if name in days and isinstance(value, str) else value
        for name, value in data.items()
    }
