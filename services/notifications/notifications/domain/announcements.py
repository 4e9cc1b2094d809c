"""Which event is announced as what, and to whom.

The same table drives the announcing and, read by another query, the proof that everything due was announced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.domain.recipients import RecipientKind

PERSON, ENTERPRISE, DIVISION = RecipientKind
HOLDER_AND_EMPLOYER = (PERSON, ENTERPRISE)
EVERYBODY = (PERSON, ENTERPRISE, DIVISION)


@dataclass(frozen=True)
class Announcement:
    """An event of type `event` is announced as `kind` to each of `recipients`."""

    event: str
    kind: str
    recipients: tuple[RecipientKind, ...]
    # It is announced so only where this field of the event has this value.
    condition: tuple[str, bool] | None = None

    def applies(self, event: str, data: Mapping[str, object]) -> bool:
        """Whether an event of that type with that data is announced so."""
        if event != self.event:
            return False
        return self.condition is None or data[self.condition[0]] is self.condition[1]


ANNOUNCEMENTS = (
    Announcement("nomination.submitted.v1", "nomination_received", HOLDER_AND_EMPLOYER),
    Announcement("nomination.waitlisted.v1", "nomination_waitlisted", HOLDER_AND_EMPLOYER),
    Announcement("nomination.promoted.v1", "nomination_promoted", HOLDER_AND_EMPLOYER),
    Announcement("nomination.withdrawn.v1", "nomination_withdrawn", HOLDER_AND_EMPLOYER),
    Announcement("nomination.invited.v1", "nomination_invited", HOLDER_AND_EMPLOYER),
    Announcement("nomination.rescheduled.v1", "nomination_rescheduled", HOLDER_AND_EMPLOYER),
    Announcement("nomination.cancelled.v1", "nomination_cancelled", HOLDER_AND_EMPLOYER),
    Announcement("enrolment.completed.v1", "enrolment_result", HOLDER_AND_EMPLOYER),
    Announcement("enrolment.revised.v1", "enrolment_revised", HOLDER_AND_EMPLOYER),
    Announcement("appeal.submitted.v1", "appeal_received", HOLDER_AND_EMPLOYER),
    Announcement("appeal.decided.v1", "appeal_decided", HOLDER_AND_EMPLOYER),
    Announcement("certificate.issued.v1", "certificate_issued", HOLDER_AND_EMPLOYER),
    Announcement("certificate.expiring.v1", "certificate_expiring", EVERYBODY),
    Announcement("certificate.renewed.v1", "certificate_renewed", HOLDER_AND_EMPLOYER),
    Announcement("certificate.expired.v1", "certificate_expired", EVERYBODY),
    Announcement("certificate.revoked.v1", "certificate_revoked", EVERYBODY),
    Announcement("shortfall.forecast.v1", "education_behind", HOLDER_AND_EMPLOYER),
    Announcement("education.behind.v1", "education_missed", HOLDER_AND_EMPLOYER),
    Announcement("education.completion_withdrawn.v1", "education_withdrawn", HOLDER_AND_EMPLOYER),
    Announcement("certificate.suspended.v1", "certificate_suspended", EVERYBODY),
    Announcement("certificate.reinstated.v1", "certificate_reinstated", EVERYBODY),
    Announcement("certificate.replaced.v1", "certificate_replaced", HOLDER_AND_EMPLOYER),
    Announcement("appointment.made.v1", "appointment_made", EVERYBODY),
    Announcement("appointment.filed.v1", "appointment_filed", EVERYBODY, ("late", False)),
    Announcement("appointment.filed.v1", "appointment_filed_late", EVERYBODY, ("late", True)),
    Announcement("appointment.filing_submitted.v1", "appointment_filing_submitted", (ENTERPRISE, DIVISION)),
    Announcement("appointment.filing_returned.v1", "appointment_filing_returned", (ENTERPRISE,)),
    Announcement("appointment.filing_overdue.v1", "appointment_filing_overdue", (ENTERPRISE, DIVISION)),
    Announcement("appointment.changed.v1", "appointment_changed", (ENTERPRISE, DIVISION)),
    Announcement("appointment.suspended.v1", "appointment_suspended", EVERYBODY),
    Announcement("appointment.excluded.v1", "appointment_excluded", EVERYBODY),
    Announcement("appointment.suspended_with_certificate.v1", "appointment_suspended_with_certificate", EVERYBODY),
    Announcement("appointment.restored.v1", "appointment_restored", EVERYBODY),
    Announcement("appointment.ended.v1", "appointment_ended", EVERYBODY),
    Announcement("post.vacancy_overdue.v1", "post_vacancy_overdue", (ENTERPRISE, DIVISION)),
    Announcement("person.excluded.v1", "person_excluded", (PERSON, DIVISION)),
    Announcement("contact_request.made.v1", "contact_requested", HOLDER_AND_EMPLOYER),
    Announcement("contact_request.answered.v1", "contact_answered", (ENTERPRISE,)),
    Announcement("contact_request.expired.v1", "contact_request_expired", (ENTERPRISE,)),
    Announcement("recommendation.made.v1", "recommendation_made", (DIVISION,)),
    Announcement("recommendation.returned.v1", "recommendation_returned", (ENTERPRISE,)),
    Announcement("recommendation.admitted.v1", "recommendation_admitted", HOLDER_AND_EMPLOYER),
    Announcement("recommendation.refused.v1", "recommendation_refused", HOLDER_AND_EMPLOYER),
    Announcement("incident.reported.v1", "incident_reported", (ENTERPRISE, DIVISION)),
    Announcement("incident.forwarded.v1", "incident_forwarded", (DIVISION,)),
    Announcement("incident.forwarding_overdue.v1", "incident_forwarding_overdue", (DIVISION,)),
    Announcement("incident.closed.v1", "incident_closed", EVERYBODY),
    Announcement("incident.final_report_overdue.v1", "incident_final_report_overdue", EVERYBODY),
    Announcement("duty_report.returned.v1", "duty_report_returned", HOLDER_AND_EMPLOYER),
    Announcement("duty_report.overdue.v1", "duty_report_overdue", EVERYBODY),
    Announcement("breach.confirmed.v1", "breach_confirmed", EVERYBODY),
    Announcement("breach.lifted.v1", "breach_lifted", EVERYBODY),
    Announcement("honour.given.v1", "honour_given", HOLDER_AND_EMPLOYER),
    Announcement("honour.withdrawn.v1", "honour_withdrawn", HOLDER_AND_EMPLOYER),
    Announcement("target.set.v1", "target_set", (DIVISION,)),
    Announcement("target.set.v2", "target_set", (DIVISION,)),
)
KINDS = tuple(dict.fromkeys(announcement.kind for announcement in ANNOUNCEMENTS))
EVENTS = tuple(dict.fromkeys(announcement.event for announcement in ANNOUNCEMENTS))


def matching(event: str, data: Mapping[str, object]) -> list[Announcement]:
    """How an event of type `event` with that data is announced; empty if it is not."""
    return [announcement for announcement in ANNOUNCEMENTS if announcement.applies(event, data)]
