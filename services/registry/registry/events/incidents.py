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
    """The first report. `province_hours`: within how many hours of it the province is to be told; None where it was."""

    type: ClassVar[str] = "incident.reported.v1"
    late: bool
    province_hours: int | None = None


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
class IncidentForwarded(OfIncident):
    """The bureau has told the province."""

    type: ClassVar[str] = "incident.forwarded.v1"
    late: bool


@dataclass(frozen=True, kw_only=True)
class IncidentForwardingOverdue(OfIncident):
    """The province was not told within `province_hours` of the first report."""

    type: ClassVar[str] = "incident.forwarding_overdue.v1"
    province_hours: int


@dataclass(frozen=True, kw_only=True)
class IncidentReportOverdue(OfIncident):
    type: ClassVar[str] = "incident.final_report_overdue.v1"
    final_due_on: date
