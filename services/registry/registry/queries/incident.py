"""Lists of incidents, and one with its reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.incident import Grade, Incident, IncidentReport
from registry.queries.conditions import equal, is_or_not, within
from registry.storage import incident, incident_report
from registry.usecases.access import load_incident, visible

REPORTS = (
    select(IncidentReport)
    .where(incident_report.c.incident_id == bindparam("incident_id"))
    .order_by(incident_report.c.id)
)


@dataclass(frozen=True)
class IncidentFilters:
    """Which incidents are asked for; `overdue`: whose final report should have been made by now; `forwarded`: of which
    the province has been told.
    """

    division: str | None = None
    enterprise_id: str | None = None
    grade: Grade | None = None
    closed: bool | None = None
    overdue: bool | None = None
    forwarded: bool | None = None


def incidents(session: Session, caller: Caller, filters: IncidentFilters, on: date, page: PageArguments) -> Page:
    """A page of Incident."""
    late = and_(incident.c.final_on.is_(None), incident.c.final_due_on.is_not(None), incident.c.final_due_on < on)
    conditions = [
        visible(incident, caller, on),
        *within(incident, filters.division, on),
        *equal(incident, enterprise_id=filters.enterprise_id, grade=filters.grade),
        *is_or_not(incident.c.closed_on.is_not(None), filters.closed),
        *is_or_not(late, filters.overdue),
        *is_or_not(incident.c.forwarded_at.is_not(None), filters.forwarded),
    ]
    return paginate(session, select(Incident).where(*conditions), [incident.c.id], page)


def incident_with_reports(
    session: Session, caller: Caller, incident_id: str, on: date
) -> tuple[Incident, list[IncidentReport]]:
    """An incident that the caller may see, and its reports in the order in which they were made."""
    found = load_incident(session, caller, incident_id, on)
    return found, list(session.scalars(REPORTS, {"incident_id": found.id}))
