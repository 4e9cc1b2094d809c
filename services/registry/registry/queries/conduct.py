"""Lists of proposals, of problems and hazards, of public service, and of grades."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy import Integer, Table, bindparam, cast, exists, extract, func, select
from sqlalchemy.orm import Session

from chassis.clock import SHANGHAI
from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.conduct import Hazard, HazardKind, Proposal, ProposalDecision, PublicService
from registry.domain.grade import Performance, PerformanceGrade
from registry.queries.conditions import Conditions, equal, is_or_not
from registry.queries.office import OfOffice, of_office
from registry.storage import hazard, performance, proposal, public_service
from registry.usecases.access import load_appointment, visible


@dataclass(frozen=True)
class ProposalFilters(OfOffice):
    """Which proposals are asked for."""

    decision: ProposalDecision | None = None
    decided: bool | None = None


@dataclass(frozen=True)
class HazardFilters(OfOffice):
    """Which problems and hazards are asked for; `overdue`: open past their day."""

    kind: HazardKind | None = None
    closed: bool | None = None
    overdue: bool | None = None


@dataclass(frozen=True)
class ServiceFilters(OfOffice):
    """Of which year public service is asked for."""

    year: int | None = None


@dataclass(frozen=True)
class GradeFilters(OfOffice):
    """Which grades are asked for, as they were known on a day; today's if that is left out."""

    year: int | None = None
    grade: PerformanceGrade | None = None
    known_on: date | None = None


class ServiceYear(NamedTuple):
    """What a CQO did for the public in a calendar year."""

    year: int
    activities: int
    hours: float


YEAR_SERVED = cast(extract("year", public_service.c.served_on), Integer)
YEARS_SERVED = (
    select(YEAR_SERVED.label("year"), func.count(), func.sum(public_service.c.hours))
    .where(public_service.c.appointment_id == bindparam("appointment_id"))
    .group_by(YEAR_SERVED)
    .order_by(YEAR_SERVED)
)
GRADES = (
    select(Performance).where(performance.c.appointment_id == bindparam("appointment_id")).order_by(performance.c.id)
)


def proposals(session: Session, caller: Caller, filters: ProposalFilters, on: date, page: PageArguments) -> Page:
    """A page of Proposal."""
    conditions = [
        *_of_office(proposal, caller, filters, on),
        *equal(proposal, decision=filters.decision),
        *is_or_not(proposal.c.decision.is_not(None), filters.decided),
    ]
    return paginate(session, select(Proposal).where(*conditions), [proposal.c.id], page)


def hazards(session: Session, caller: Caller, filters: HazardFilters, on: date, page: PageArguments) -> Page:
    """A page of Hazard."""
    is_open = hazard.c.closed_on.is_(None)
    conditions = [
        *_of_office(hazard, caller, filters, on),
        *equal(hazard, kind=filters.kind),
        *is_or_not(~is_open, filters.closed),
        *is_or_not(is_open & (hazard.c.due_on < on), filters.overdue),
    ]
    return paginate(session, select(Hazard).where(*conditions), [hazard.c.id], page)


def public_services(session: Session, caller: Caller, filters: ServiceFilters, on: date, page: PageArguments) -> Page:
    """A page of PublicService."""
    conditions = _of_office(public_service, caller, filters, on)
    if filters.year is not None:
        conditions.append(public_service.c.served_on.between(date(filters.year, 1, 1), date(filters.year, 12, 31)))
    return paginate(session, select(PublicService).where(*conditions), [public_service.c.id], page)


def service_years(session: Session, caller: Caller, appointment_id: str, on: date) -> list[ServiceYear]:
    """The hours of an appointment's holder in it, summed by calendar year."""
    found = load_appointment(session, caller, appointment_id, on)
    return [ServiceYear(*row) for row in session.execute(YEARS_SERVED, {"appointment_id": found.id})]


def grades(session: Session, caller: Caller, filters: GradeFilters, on: date, page: PageArguments) -> Page:
    """A page of Performance: of each appointment and year the record that stood on the day `known_on`."""
    later = performance.alias()
    known: Conditions = []
    superseding = [
        later.c.appointment_id == performance.c.appointment_id,
        later.c.year == performance.c.year,
        later.c.id > performance.c.id,
    ]
    if filters.known_on is not None:
        end_of_day = datetime.combine(filters.known_on, time.max, SHANGHAI)
        known = [performance.c.recorded_at <= end_of_day]
        superseding.append(later.c.recorded_at <= end_of_day)
    conditions = [
        *_of_office(performance, caller, filters, on),
        *equal(performance, year=filters.year, grade=filters.grade),
        *known,
        ~exists().where(*superseding),
    ]
    return paginate(session, select(Performance).where(*conditions), [performance.c.id], page)


def grades_of(session: Session, caller: Caller, appointment_id: str, on: date) -> list[Performance]:
    """All records of an appointment's grades, corrected ones too, in the order in which they were made."""
    found = load_appointment(session, caller, appointment_id, on)
    return list(session.scalars(GRADES, {"appointment_id": found.id}))


def _of_office(table: Table, caller: Caller, filters: OfOffice, on: date) -> Conditions:
    return [visible(table, caller, on), *of_office(table, filters, on)]
