"""The facts this service announces; their fields become the event's `data` (see `contracts/`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

LAST_VERSION = ("contact",)  # kinds of aggregate of which only the last version is kept


@dataclass(frozen=True)
class DivisionPlaced:
    type: ClassVar[str] = "division.placed.v1"
    code: str
    name: str
    level: str
    parent: str | None
    valid_from: date
    valid_to: date | None
    successor: str | None
    document: str | None = None


@dataclass(frozen=True)
class EnterpriseRegistered:
    type: ClassVar[str] = "enterprise.registered.v1"
    enterprise_id: str
    uscc: str
    name: str
    division: str
    industry: str
    above_threshold: bool
    award_contender: bool
    brand_contender: bool
    legal_representative: str
    responsible_person: str | None
    on: date


@dataclass(frozen=True)
class EnterpriseChanged(EnterpriseRegistered):
    type: ClassVar[str] = "enterprise.changed.v1"


@dataclass(frozen=True)
class EnterpriseRecognised:
    """What it is recognised as in a year; a later event of the same kind and year stands in for an earlier one."""

    type: ClassVar[str] = "enterprise.recognised.v1"
    enterprise_id: str
    kind: str
    year: int
    value: str
    document: str
    on: date


@dataclass(frozen=True)
class EnterpriseDeregistered:
    """Its last day is `on`. Its appointments have ended by it; its people went to the successor, if it has one."""

    type: ClassVar[str] = "enterprise.deregistered.v1"
    enterprise_id: str
    name: str
    division: str
    successor_id: str | None
    document: str
    on: date


@dataclass(frozen=True)
class PersonRegistered:
    type: ClassVar[str] = "person.registered.v1"
    person_id: str
    name: str
    division: str
    enterprise_id: str | None
    on: date


@dataclass(frozen=True)
class PersonChanged(PersonRegistered):
    type: ClassVar[str] = "person.changed.v1"


@dataclass(frozen=True)
class ContactChanged:
    """`jwe` can be opened by notifications alone."""

    type: ClassVar[str] = "contact.changed.v1"
    owner_kind: str
    owner_id: str
    jwe: str


@dataclass(frozen=True)
class PostOpened:
    type: ClassVar[str] = "post.opened.v1"
    post_id: str
    enterprise_id: str
    title: str
    decision_level: bool
    departments: list[str]
    on: date


@dataclass(frozen=True)
class PostVacancyOverdue:
    type: ClassVar[str] = "post.vacancy_overdue.v1"
    post_id: str
    enterprise_id: str
    title: str
    vacant_since: date
    grace_days: int
    on: date
    ruleset: int


@dataclass(frozen=True)
class TalentAdmitted:
    type: ClassVar[str] = "talent.admitted.v1"
    person_id: str
    name: str
    certificate_id: str
    valid_until: date
    on: date


@dataclass(frozen=True)
class TalentRestored(TalentAdmitted):
    type: ClassVar[str] = "talent.restored.v1"


@dataclass(frozen=True)
class TalentLapsed(TalentAdmitted):
    type: ClassVar[str] = "talent.lapsed.v1"
    reason: str


@dataclass(frozen=True)
class AppointmentMade:
    type: ClassVar[str] = "appointment.made.v1"
    appointment_id: str
    enterprise_id: str
    enterprise_name: str
    person_id: str
    person_name: str
    post_id: str
    position: str
    decision_level: bool
    on: date
    filing_due_on: date
    document: str
    ruleset: int
    provisional_until: date | None = None


@dataclass(frozen=True)
class AppointmentFiled:
    type: ClassVar[str] = "appointment.filed.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    filing_number: str
    on: date
    late: bool
    filing_due_on: date
    ruleset: int
    submitted_on: date


@dataclass(frozen=True)
class AppointmentFilingSubmitted:
    type: ClassVar[str] = "appointment.filing_submitted.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    on: date
    late: bool
    filing_due_on: date


@dataclass(frozen=True)
class AppointmentFilingReturned:
    type: ClassVar[str] = "appointment.filing_returned.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    reason: str
    on: date
    resubmit_by: date
    ruleset: int


@dataclass(frozen=True)
class AppointmentFilingOverdue:
    type: ClassVar[str] = "appointment.filing_overdue.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    filing_due_on: date
    on: date


@dataclass(frozen=True)
class AppointmentSuspended:
    type: ClassVar[str] = "appointment.suspended.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    reason: str
    on: date
    ruleset: int


@dataclass(frozen=True)
class AppointmentRestored:
    type: ClassVar[str] = "appointment.restored.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    on: date
    ruleset: int


@dataclass(frozen=True)
class AppointmentEnded:
    type: ClassVar[str] = "appointment.ended.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    reason: str
    on: date


@dataclass(frozen=True)
class OfRecommendation:
    """What every event of a recommendation says."""

    recommendation_id: str
    enterprise_id: str
    person_id: str
    on: date
    ruleset: int


@dataclass(frozen=True)
class RecommendationMade(OfRecommendation):
    """An enterprise recommends a person as its CQO, or sends the recommendation again once it was completed."""

    type: ClassVar[str] = "recommendation.made.v1"
    document: str
    review_due_on: date


@dataclass(frozen=True)
class RecommendationReturned(OfRecommendation):
    type: ClassVar[str] = "recommendation.returned.v1"


@dataclass(frozen=True)
class RecommendationAdmitted(OfRecommendation):
    type: ClassVar[str] = "recommendation.admitted.v1"


@dataclass(frozen=True)
class RecommendationRefused(OfRecommendation):
    type: ClassVar[str] = "recommendation.refused.v1"


@dataclass(frozen=True)
class RecommendationWithdrawn(OfRecommendation):
    type: ClassVar[str] = "recommendation.withdrawn.v1"


@dataclass(frozen=True)
class AuditSealed:
    """The chain of this service's audit log has come to the entry `seal`: a signed checkpoint of it."""

    type: ClassVar[str] = "registry_audit.sealed.v1"
    seal: int
    hash: str
    signed: str
