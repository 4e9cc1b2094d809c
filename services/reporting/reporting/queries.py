"""The figures: each a query over the dated lines that held on the day asked."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, Subquery, Table, and_, case, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller
from reporting import storage
from reporting.domain.coverage import IN_FORCE, NONE, POPULATIONS, SUSPENDED, Coverage, UnknownUnit, total
from reporting.domain.target import PROVINCE, Target


def as_of(table: Table, on: date) -> Subquery:
    """Of each object, the line that held on that day.

    It is the latest version and not the latest day: an appointment may be ended as of a day before its suspension.
    """
    key = table.primary_key.columns.values()[0]
    held = select(table).where(table.c.on <= on).ext(distinct_on(key)).order_by(key, table.c.version.desc())
    return held.subquery(f"{table.name}_held")


def members(on: date, population: str, caller: Caller) -> Select[Any]:
    """The population's enterprises on that day, each with its reporting unit and the state of its CQO's post."""
    firm = as_of(storage.enterprise_line, on)
    appointment = as_of(storage.appointment_line, on)
    units = scope.reporting_units(on).subquery("units")

    def has(status: str) -> Any:
        return exists().where(appointment.c.enterprise_id == firm.c.enterprise_id, appointment.c.status == status)

    state = case((has("in_force"), IN_FORCE), (has("suspended"), SUSPENDED), else_=NONE)
    flags = [firm.c[flag] for flag in POPULATIONS[population]]
    return (
        select(firm.c.enterprise_id, firm.c.name, firm.c.division, units.c.unit, state.label("state"))
        .join(units, units.c.code == firm.c.division)
        .where(or_(*flags) if flags else true(), scope.within(firm.c.division, caller, on))
    )


def coverage(session: Session, caller: Caller, on: date, population: str) -> dict[str, Any]:
    """Coverage of a population by reporting unit on a day; every unit is there, empty ones too."""
    row = members(on, population, caller).subquery("row")
    counted = select(
        row.c.unit,
        func.count(),
        func.count().filter(row.c.state == IN_FORCE),
        func.count().filter(row.c.state == SUSPENDED),
    ).group_by(row.c.unit)
    figures = {unit: (number, in_force, suspended) for unit, number, in_force, suspended in session.execute(counted)}
    aims = targets_on(session, on, population)
    units = [
        Coverage(code, name, *figures.get(code, (0, 0, 0)), aims.get(code, aims.get(PROVINCE)))
        for code, name in session.execute(_units(on, caller))
    ]
    return {
        "on": on,
        "population": population,
        "units": units,
        "total": total(units, PROVINCE, "合计", aims.get(PROVINCE)),
    }


def records(session: Session, caller: Caller, query: dict[str, Any], on: date, page: PageArguments) -> Page:
    """The enterprises behind a figure of `coverage`."""
    unit = query.get("unit")
    if unit is not None and unit not in session.scalars(_units(on, caller)).all():
        raise UnknownUnit(unit=unit)
    row = members(on, query["population"], caller).subquery("row")
    wanted = select(row)
    for name in ("unit", "state"):
        if name in query:
            wanted = wanted.where(row.c[name] == query[name])
    return paginate(session, wanted, [row.c.enterprise_id], page)


def targets_on(session: Session, on: date, population: str) -> dict[str, float]:
    """Each division's target for that day's year, as it then stood."""
    line, target = as_of(storage.target_line, on), storage.target.c
    found = session.execute(
        select(target.division, line.c.percent)
        .join(line, line.c.target_id == target.id)
        .where(target.population == population, target.year == on.year)
    )
    return dict(found.all())


def targets(session: Session, caller: Caller, query: dict[str, Any], today: date, page: PageArguments) -> Page:
    column = storage.target.c
    wanted = select(Target).where(or_(column.division == PROVINCE, scope.within(column.division, caller, today)))
    for name in ("year", "population", "division"):
        if name in query:
            wanted = wanted.where(column[name] == query[name])
    return paginate(session, wanted, [column.id], page)


def statistics(session: Session, on: date) -> dict[str, Any]:
    """The programme's counts on a day, for the whole province."""
    enrolment, course, filing, notice = storage.enrolment.c, storage.course.c, storage.filing.c, storage.notice.c
    passed = (
        select(course.kind, enrolment.passed, func.count())
        .join_from(storage.enrolment, storage.course, course.class_id == enrolment.class_id)
        .where(enrolment.on <= on)
        .group_by(course.kind, enrolment.passed)
        .order_by(course.kind, enrolment.passed)
    )
    filed = select(filing.late, func.count()).where(filing.on <= on).group_by(filing.late)
    # One that failed and was sent later had failed on the days between.
    state = case((notice.on <= on, notice.state), else_="failed").label("state")
    ended = (
        select(notice.kind, notice.channel, state, func.count())
        .where(or_(notice.on <= on, notice.failed_on <= on))
        .group_by(notice.kind, notice.channel, state)
        .order_by(notice.kind, notice.channel, state)
    )
    filings = {late: number for late, number in session.execute(filed)}
    return {
        "on": on,
        "enterprises": _count(session, as_of(storage.enterprise_line, on)),
        "certificates": _by_status(session, storage.certificate_line, on),
        "talents": _by_status(session, storage.talent_line, on),
        "appointments": _by_status(session, storage.appointment_line, on),
        "filings": {"in_time": filings.get(False, 0), "late": filings.get(True, 0)},
        "enrolments": [
            {"class_kind": kind, "passed": outcome, "number": number}
            for kind, outcome, number in session.execute(passed)
        ],
        "notices": [
            {"kind": kind, "channel": channel, "state": state, "number": number}
            for kind, channel, state, number in session.execute(ended)
        ],
    }


def _by_status(session: Session, table: Table, on: date) -> dict[str, int]:
    held = as_of(table, on)
    rows = session.execute(select(held.c.status, func.count()).group_by(held.c.status).order_by(held.c.status))
    return dict(rows.all())


def _count(session: Session, held: Subquery) -> int:
    return session.scalar(select(func.count()).select_from(held)) or 0


def _units(on: date, caller: Caller) -> Select[Any]:
    """The reporting units on that day that have anything the caller may see, with their names."""
    units = scope.reporting_units(on).subquery("units")
    place = scope.division.c
    holds = and_(place.valid_from <= on, or_(place.valid_to.is_(None), place.valid_to >= on))
    return (
        select(place.code, place.name)
        .where(
            holds,
            place.code.in_(select(units.c.unit).where(scope.within(units.c.code, caller, on))),
        )
        .order_by(place.code)
    )
