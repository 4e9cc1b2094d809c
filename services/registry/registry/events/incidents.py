"""What is announced of incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class OfIncident:
    """What every event of an incident says. What happened is not in it: that is the enterprise's to keep (R48)."""

    incident_id: str
    enterprise_id: str
    person_id: str | None
    grade: str
    on: date
    ruleset: int


@dataclass(frozen=True, kw_only=True)
class IncidentReported(OfIncident):
    type: ClassVar[str] = "incident.reported.v1"
    late: bool


@dataclass(frozen=True, kw_only=True)
class IncidentReportAdded(OfIncident):
    type: ClassVar[str] = "incident.report_added.v1"
    kind: str
    late: bool


@dataclass(frozen=True, kw_only=True)
class IncidentClosed(OfIncident):
    type: ClassVar[str] = "incident.closed.v1"
    final_due_on: date


@dataclass(frozen=True, kw_only=True)
class IncidentReportOverdue(OfIncident):
    type: ClassVar[str] = "incident.final_report_overdue.v1"
    final_due_on: date
