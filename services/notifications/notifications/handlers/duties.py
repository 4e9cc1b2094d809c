"""Duty records: that a paper of a year is overdue, or was returned; never what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class DutyReportReturned:
    """`duty_report.returned.v1`."""

    duty_report_id: str
    enterprise_id: str
    person_id: str
    paper: str
    year: int
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id)


@dataclass(frozen=True, kw_only=True)
class DutyReportOverdue(DutyReportReturned):
    """`duty_report.overdue.v1`."""

    due_on: date


@dataclass(frozen=True, kw_only=True)
class DutyReportSubmitted(DutyReportReturned):
    """`duty_report.submitted.v1`: nobody is told of it; it ends what is open."""
