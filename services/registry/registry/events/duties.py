"""What is announced of duty records; what they say is the enterprise's to keep (R48)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class OfDutyReport:
    """What every event of a paper of a duty record says; `paper` is plan or report."""

    duty_report_id: str
    appointment_id: str
    enterprise_id: str
    person_id: str
    paper: str
    year: int
    on: date
    ruleset: int


@dataclass(frozen=True, kw_only=True)
class DutyReportSubmitted(OfDutyReport):
    type: ClassVar[str] = "duty_report.submitted.v1"
    revision: int
    late: bool


@dataclass(frozen=True, kw_only=True)
class DutyReportNoted(OfDutyReport):
    type: ClassVar[str] = "duty_report.noted.v1"


@dataclass(frozen=True, kw_only=True)
class DutyReportReturned(OfDutyReport):
    type: ClassVar[str] = "duty_report.returned.v1"


@dataclass(frozen=True, kw_only=True)
class DutyReportOverdue(OfDutyReport):
    type: ClassVar[str] = "duty_report.overdue.v1"
    due_on: date
