"""What is announced of posts and appointments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


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
class AppointmentChanged:
    type: ClassVar[str] = "appointment.changed.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    change_id: str
    position: str
    decision_level: bool
    document: str
    on: date
    submitted_on: date
    filing_due_on: date
    late: bool
    ruleset: int


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
class AppointmentExcluded:
    type: ClassVar[str] = "appointment.excluded.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    on: date
    ruleset: int


@dataclass(frozen=True)
class AppointmentSuspendedForBreach:
    type: ClassVar[str] = "appointment.suspended_for_breach.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    on: date
    ruleset: int


@dataclass(frozen=True)
class AppointmentSuspendedWithCertificate:
    type: ClassVar[str] = "appointment.suspended_with_certificate.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
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
    reason: str | None = None


@dataclass(frozen=True)
class AppointmentEnded:
    type: ClassVar[str] = "appointment.ended.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    reason: str
    on: date


@dataclass(frozen=True)
class AppointmentGraded:
    type: ClassVar[str] = "appointment.graded.v1"
    appointment_id: str
    enterprise_id: str
    person_id: str
    year: int
    grade: str
    document: str
    corrects: bool
    on: date
