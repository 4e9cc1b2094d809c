"""Lists of the papers of duty records, and one with its revisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller, Role
from registry.domain.duty import UNSUBMITTED, DutyPaper, DutyReport, DutyRevision, DutyStatus
from registry.queries.conditions import equal, is_or_not
from registry.queries.office import OfOffice, of_office
from registry.storage import duty_report, duty_revision
from registry.usecases.access import load_seen, visible

AUTHORS = (Role.ENTERPRISE, Role.CQO)
REVISIONS = (
    select(DutyRevision)
    .where(duty_revision.c.duty_report_id == bindparam("duty_report_id"))
    .order_by(duty_revision.c.id)
)


@dataclass(frozen=True)
class DutyReportFilters(OfOffice):
    """Which papers are asked for; `overdue`: owed, and not submitted by their day."""

    year: int | None = None
    paper: DutyPaper | None = None
    status: DutyStatus | None = None
    overdue: bool | None = None


def duty_reports(session: Session, caller: Caller, filters: DutyReportFilters, on: date, page: PageArguments) -> Page:
    """A page of DutyReport."""
    late = duty_report.c.overdue_on.is_not(None) & duty_report.c.status.in_(UNSUBMITTED)
    conditions = [
        visible(duty_report, caller, on),
        *of_office(duty_report, filters, on),
        *equal(duty_report, year=filters.year, paper=filters.paper, status=filters.status),
        *is_or_not(late, filters.overdue),
    ]
    return paginate(session, select(DutyReport).where(*conditions), [duty_report.c.id], page)


def duty_report_with_revisions(
    session: Session, caller: Caller, duty_report_id: str, on: date
) -> tuple[DutyReport, list[DutyRevision]]:
    """A paper that the caller may see, with its revisions in their order; a draft is its authors' alone."""
    found = load_seen(session, caller, DutyReport, duty_report_id, on)
    revisions = session.scalars(REVISIONS, {"duty_report_id": found.id})
    return found, [each for each in revisions if each.submitted_at is not None or caller.role in AUTHORS]
