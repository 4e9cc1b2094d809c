"""Quality-safety incidents: that there is one, and when its final report is due; never what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class OfIncident:
    incident_id: str
    enterprise_id: str
    person_id: str | None
    grade: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id)


@dataclass(frozen=True, kw_only=True)
class IncidentReported(OfIncident):
    """`incident.reported.v1`."""

    late: bool
    province_hours: int | None = None


@dataclass(frozen=True, kw_only=True)
class OfForwarding(OfIncident):
    """What offices alone are told of, so that the CQO need not be known here."""

    @property
    def mentions(self) -> Mentions:
        return Mentions(enterprise_id=self.enterprise_id)


@dataclass(frozen=True, kw_only=True)
class IncidentForwarded(OfForwarding):
    """`incident.forwarded.v1`."""

    late: bool


@dataclass(frozen=True, kw_only=True)
class IncidentForwardingOverdue(OfForwarding):
    """`incident.forwarding_overdue.v1`."""

    province_hours: int


@dataclass(frozen=True, kw_only=True)
class FinalReportDue(OfIncident):
    """`incident.closed.v1` and `incident.final_report_overdue.v1`."""

    final_due_on: date


@dataclass(frozen=True, kw_only=True)
class IncidentReportAdded(OfIncident):
    """`incident.report_added.v1`: nobody is told of it; the final report ends what is open."""

    kind: str
