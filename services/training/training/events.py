"""The facts this service announces; their fields become the event's `data` (see `contracts/`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class ClassScheduled:
    type: ClassVar[str] = "class.scheduled.v1"
    class_id: str
    name: str
    kind: str
    starts_on: date
    ends_on: date
    hours: float
    capacity: int


@dataclass(frozen=True)
class ClassClosed:
    type: ClassVar[str] = "class.closed.v1"
    class_id: str
    on: date
    passed: int
    failed: int


@dataclass(frozen=True)
class ClassChanged:
    """The class as it is now; `changed` names the fields that were other before."""

    type: ClassVar[str] = "class.changed.v1"
    class_id: str
    name: str
    starts_on: date
    ends_on: date
    capacity: int
    mode: str
    venue: str | None
    changed: list[str]
    on: date


@dataclass(frozen=True)
class ClassCancelled:
    """The class will not be held."""

    type: ClassVar[str] = "class.cancelled.v1"
    class_id: str
    name: str
    reason: str
    on: date


@dataclass(frozen=True)
class NominationSubmitted:
    type: ClassVar[str] = "nomination.submitted.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    on: date


@dataclass(frozen=True)
class NominationWaitlisted:
    """There was no place: the person waits, at that place of the list."""

    type: ClassVar[str] = "nomination.waitlisted.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    place: int
    on: date


@dataclass(frozen=True)
class NominationPromoted:
    """A place became free, and is the person's who waited for it."""

    type: ClassVar[str] = "nomination.promoted.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    on: date


@dataclass(frozen=True)
class NominationWithdrawn:
    type: ClassVar[str] = "nomination.withdrawn.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    reason: str
    on: date


@dataclass(frozen=True)
class NominationInvited:
    """When and where the class begins, for somebody who is enrolled; `venue` may be a meeting's address on the net."""

    type: ClassVar[str] = "nomination.invited.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    starts_on: date
    ends_on: date
    venue: str | None
    on: date


@dataclass(frozen=True)
class NominationRescheduled:
    """The class of somebody who is nominated has other days, or another venue."""

    type: ClassVar[str] = "nomination.rescheduled.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    starts_on: date
    ends_on: date
    venue: str | None
    reason: str
    on: date


@dataclass(frozen=True)
class NominationCancelled:
    """The class of somebody who was nominated will not be held."""

    type: ClassVar[str] = "nomination.cancelled.v1"
    nomination_id: str
    class_id: str
    class_name: str
    enterprise_id: str
    person_id: str
    reason: str
    on: date


@dataclass(frozen=True)
class EnrolmentCompleted:
    type: ClassVar[str] = "enrolment.completed.v1"
    enrolment_id: str
    class_id: str
    person_id: str
    enterprise_id: str | None
    hours: float
    attendance_percent: float
    score: float | None
    passed: bool
    on: date
    ruleset: int


@dataclass(frozen=True)
class EducationRecorded:
    """`hours` were added on that day; `total_hours` is the year's sum."""

    type: ClassVar[str] = "education.recorded.v1"
    person_id: str
    year: int
    hours: float
    total_hours: float
    required_hours: float
    on: date


@dataclass(frozen=True)
class CertificateIssued:
    type: ClassVar[str] = "certificate.issued.v1"
    certificate_id: str
    number: str
    person_id: str
    name: str
    enterprise_id: str | None
    issued_on: date
    valid_from: date
    valid_until: date
    ruleset: int


@dataclass(frozen=True)
class CertificateExpiring:
    """`days_left` from `on`: 90, 60, 30, 7 or 0 by the first rule set, and fewer where it is late."""

    type: ClassVar[str] = "certificate.expiring.v1"
    certificate_id: str
    number: str
    person_id: str
    name: str
    enterprise_id: str | None
    valid_until: date
    days_left: int
    on: date


@dataclass(frozen=True)
class CertificateExpired:
    """The first day on which the certificate no longer holds is `on`."""

    type: ClassVar[str] = "certificate.expired.v1"
    certificate_id: str
    number: str
    person_id: str
    on: date


@dataclass(frozen=True)
class CertificateRenewed:
    type: ClassVar[str] = "certificate.renewed.v1"
    certificate_id: str
    number: str
    person_id: str
    name: str
    on: date
    previous_valid_until: date
    valid_until: date
    ruleset: int


@dataclass(frozen=True)
class CertificateRevoked:
    type: ClassVar[str] = "certificate.revoked.v1"
    certificate_id: str
    number: str
    person_id: str
    on: date
    reason: str
    document: str


@dataclass(frozen=True)
class CertificateReplaced:
    """The holder has another certificate from that day on, and this one no longer holds."""

    type: ClassVar[str] = "certificate.replaced.v1"
    certificate_id: str
    number: str
    person_id: str
    on: date
    replaced_by: str
    replaced_by_number: str


@dataclass(frozen=True)
class AuditSealed:
    """The chain of this service's audit log has come to the entry `seal`: a signed checkpoint of it."""

    type: ClassVar[str] = "training_audit.sealed.v1"
    seal: int
    hash: str
    signed: str
