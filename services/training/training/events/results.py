"""What is announced of outcomes, appeals, the ledger of education, and the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


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
    resit_until: date | None = None  # the last day on which the exam may be sat again, where that could still help


@dataclass(frozen=True)
class EnrolmentRevised:
    """An outcome was judged again, after a `resit` or a `correction`; a resit has neither reason nor document."""

    type: ClassVar[str] = "enrolment.revised.v1"
    enrolment_id: str
    class_id: str
    person_id: str
    enterprise_id: str | None
    cause: str
    hours: float
    attendance_percent: float
    score: float | None
    passed: bool
    passed_before: bool
    reason: str | None
    document: str | None
    on: date
    ruleset: int
    resit_until: date | None = None


@dataclass(frozen=True)
class AppealSubmitted:
    """Somebody objects to an outcome. What they write is not in the event."""

    type: ClassVar[str] = "appeal.submitted.v1"
    appeal_id: str
    enrolment_id: str
    class_id: str
    person_id: str
    enterprise_id: str | None
    on: date


@dataclass(frozen=True)
class AppealDecided:
    type: ClassVar[str] = "appeal.decided.v1"
    appeal_id: str
    enrolment_id: str
    class_id: str
    person_id: str
    enterprise_id: str | None
    upheld: bool
    decision: str
    document: str
    on: date


@dataclass(frozen=True)
class EducationRecorded:
    """`hours` of a `kind` were added on that day; `total_hours` are those of the year that count.

    Of these `carried_hours` were taken in the year before. Where only they are others than before, `hours` is 0.
    """

    type: ClassVar[str] = "education.recorded.v1"
    person_id: str
    year: int
    hours: float
    total_hours: float
    required_hours: float
    on: date
    kind: str | None = None
    carried_hours: float = 0.0


@dataclass(frozen=True)
class EducationCompleted:
    """The person has the hours that the year asks for, or is exempt (`required_hours` is 0)."""

    type: ClassVar[str] = "education.completed.v1"
    person_id: str
    year: int
    total_hours: float
    required_hours: float
    on: date


@dataclass(frozen=True)
class EducationCompletionWithdrawn:
    """A correction took hours away, and the person lacks `missing_hours` of the year again."""

    type: ClassVar[str] = "education.completion_withdrawn.v1"
    person_id: str
    year: int
    total_hours: float
    required_hours: float
    missing_hours: float
    on: date


@dataclass(frozen=True)
class EducationBehind:
    """The year has ended, and the person, who held a certificate at its end, lacks `missing_hours` of it."""

    type: ClassVar[str] = "education.behind.v1"
    person_id: str
    enterprise_id: str | None
    year: int
    total_hours: float
    required_hours: float
    missing_hours: float
    on: date


@dataclass(frozen=True)
class ShortfallForecast:
    """The person is going to miss hours of the year, unless they take them `by` its last day."""

    type: ClassVar[str] = "shortfall.forecast.v1"
    person_id: str
    enterprise_id: str | None
    year: int
    total_hours: float
    required_hours: float
    by: date
    on: date


@dataclass(frozen=True)
class AuditSealed:
    """The chain of this service's audit log has come to the entry `seal`: a signed checkpoint of it."""

    type: ClassVar[str] = "training_audit.sealed.v1"
    seal: int
    hash: str
    signed: str
