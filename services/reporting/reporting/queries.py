"""The figures: each is a query over the dated records that held on the day asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller
from programme.tables import division
from reporting import storage
from reporting.domain.coverage import FLAGS, Coverage, Population, PostState, UnknownUnit, total
from reporting.domain.statuses import AppointmentStatus, CertificateStatus, DeliveryState, TalentStatus
from reporting.domain.target import PROVINCE, Target, TargetPopulation
from reporting.views import (
    CoverageFigures,
    CoverageRecord,
    DeliveryCount,
    EnrolmentCount,
    FilingCounts,
    Statistics,
)

StatusT = TypeVar("StatusT", bound=StrEnum)


@dataclass(frozen=True)
class OnDay:
    """As of which day; None is today."""

    on: date | None = None


@dataclass(frozen=True)
class CoverageFilters(OnDay):
    """Of which enterprises."""

    population: Population = Population.ALL


@dataclass(frozen=True)
class RecordFilters(CoverageFilters):
    """Those of one reporting unit, and those whose CQO's post is in that state; None is any."""

    unit: str | None = None
    state: PostState | None = None


@dataclass(frozen=True)
class TargetFilters:
    """None is any."""

    year: int | None = None
    population: TargetPopulation | None = None
    division: str | None = None


def held_on(history: Table, on: date) -> Subquery:
    """Of each object, the record that held on that day.

    It is the one with the highest version and not the one with the latest day: an appointment may be ended as of a day
    before its suspension.
    """
    key = history.primary_key.columns.values()[0]
    # DISTINCT ON (key) keeps the first record of each object in the order given, and is answered from the index.
    held = select(history).where(history.c.on <= on).ext(distinct_on(key)).order_by(key, history.c.version.desc())
    return held.subquery(f"{history.name}_held")


def members_of(population: Population, on: date, caller: Caller) -> Subquery:
    """The population's enterprises that the caller may see, each with its reporting unit and its CQO's post."""
    enterprise = held_on(storage.enterprise_history, on)
    post = _post_of(enterprise.c.enterprise_id, on)
    units = scope.reporting_units(on).subquery("units")
    flags = [enterprise.c[flag] for flag in FLAGS[population]]
    return (
        select(
            enterprise.c.enterprise_id,
            enterprise.c.name,
            enterprise.c.division,
            units.c.unit,
            func.coalesce(post.c.state, PostState.NONE.value).label("state"),
        )
        .join(units, units.c.code == enterprise.c.division)
        .join(post, true(), isouter=True)
        .where(or_(*flags) if flags else true(), scope.within(enterprise.c.division, caller, on))
        .subquery("member")
    )


def _post_of(enterprise_id: ColumnElement[str], on: date) -> LateralFromClause:
    """How an enterprise's post is held on a day; a suspended appointment shows only where no other is active."""
    history, later = storage.appointment_history, storage.appointment_history.alias()
    replaced = exists().where(
        later.c.appointment_id == history.c.appointment_id, later.c.version > history.c.version, later.c.on <= on
    )
    held = (AppointmentStatus.ACTIVE, AppointmentStatus.SUSPENDED)
    return (
        # "active" comes before "suspended".
        select(func.min(type_coerce(history.c.status, Text)).label("state"))
        .where(history.c.enterprise_id == enterprise_id, history.c.on <= on, history.c.status.in_(held), ~replaced)
        .lateral("post")
    )


def coverage(session: Session, caller: Caller, on: date, population: Population) -> CoverageFigures:
    """Coverage of a population by reporting unit on a day; every unit is there, empty ones too."""
    counts = _counts_by_unit(session, caller, on, population)
    aims = targets_on(session, on, population)
    units = tuple(
        Coverage(code, name, *counts.get(code, (0, 0, 0)), aims.get(code, aims.get(PROVINCE)))
        for code, name in session.execute(_visible_units(on, caller))
    )
    return CoverageFigures(on, population, units, total(units, PROVINCE, "合计", aims.get(PROVINCE)))


def _counts_by_unit(
    session: Session, caller: Caller, on: date, population: Population
) -> dict[str, tuple[int, int, int]]:
    """By unit, how many enterprises there are, how many with an active CQO, how many with a suspended one."""
    member = members_of(population, on, caller)
    counted = select(
        member.c.unit,
        func.count(),
        func.count().filter(member.c.state == PostState.ACTIVE),
        func.count().filter(member.c.state == PostState.SUSPENDED),
    ).group_by(member.c.unit)
    return {unit: (number, active, suspended) for unit, number, active, suspended in session.execute(counted)}


def records(session: Session, caller: Caller, filters: RecordFilters, on: date, page: PageArguments) -> Page:
    """The enterprises behind a figure of `coverage`, as CoverageRecords."""
    if filters.unit is not None and filters.unit not in session.scalars(_visible_units(on, caller)).all():
        raise UnknownUnit(unit=filters.unit)
    found = paginate(session, _one_by_one(filters, on, caller), [storage.enterprise_history.c.enterprise_id], page)
    return Page([_record(row) for row in found.items], found.next_cursor)


def _one_by_one(filters: RecordFilters, on: date, caller: Caller) -> Select[*tuple[Any, ...]]:  # Any: a column of each
    """The same as `members_of`, so that a page costs what it shows: in the order of a key, each looked up by itself."""
    history, later = storage.enterprise_history, storage.enterprise_history.alias()
    units = scope.reporting_units(on).cte("units")
    codes = select(units.c.code) if filters.unit is None else select(units.c.code).where(units.c.unit == filters.unit)
    post = _post_of(history.c.enterprise_id, on)
    state = func.coalesce(post.c.state, PostState.NONE.value)
    replaced = exists().where(
        later.c.enterprise_id == history.c.enterprise_id, later.c.version > history.c.version, later.c.on <= on
    )
    flags = [history.c[flag] for flag in FLAGS[filters.population]]
    wanted = (
        select(
            history.c.enterprise_id,
            history.c.name,
            history.c.division,
            select(units.c.unit).where(units.c.code == history.c.division).scalar_subquery().label("unit"),
            state.label("state"),
        )
        .select_from(history)
        .join(post, true(), isouter=True)
        .where(history.c.on <= on, ~replaced, history.c.division.in_(codes), or_(*flags) if flags else true())
        .where(scope.within(history.c.division, caller, on))
    )
    return wanted if filters.state is None else wanted.where(state == filters.state.value)


def _record(row: Any) -> CoverageRecord:  # Any: a mapping of the columns of `members_of`
    return CoverageRecord(**{**row, "state": PostState(row["state"])})


def _visible_units(on: date, caller: Caller) -> Select[str, str]:
    """The reporting units on that day that have anything the caller may see: code and name."""
    units = scope.reporting_units(on).subquery("units")
    visible = select(units.c.unit).where(scope.within(units.c.code, caller, on))
    return (
        select(division.c.code, division.c.name)
        .where(scope.holds(division, on), division.c.code.in_(visible))
        .order_by(division.c.code)
    )


def targets_on(session: Session, on: date, population: Population) -> dict[str, float]:
    """By division, the percentage aimed at for that day's year, as it then stood."""
    history, target = held_on(storage.target_history, on), storage.target.c
    found = session.execute(
        select(target.division, history.c.percent)
        .join(history, history.c.target_id == target.id)
        .where(target.population == population, target.year == on.year)
    )
    return {code: percent for code, percent in found}


def targets(session: Session, caller: Caller, filters: TargetFilters, today: date, page: PageArguments) -> Page:
    """The province's targets, and those of the divisions that the caller sees today."""
    column = storage.target.c
    wanted = select(Target).where(or_(column.division == PROVINCE, scope.within(column.division, caller, today)))
    for name, value in vars(filters).items():
        if value is not None:
            wanted = wanted.where(column[name] == value)
    return paginate(session, wanted, [column.id], page)


def statistics(session: Session, on: date) -> Statistics:
    """The programme's counts on a day, for the whole province."""
    enterprises = select(func.count()).select_from(held_on(storage.enterprise_history, on))
    return Statistics(
        on=on,
        enterprises=session.scalar(enterprises) or 0,
        certificates=_by_status(session, CertificateStatus, storage.certificate_history, on),
        talents=_by_status(session, TalentStatus, storage.talent_history, on),
        appointments=_by_status(session, AppointmentStatus, storage.appointment_history, on),
        filings=_filings(session, on),
        enrolments=_enrolments(session, on),
        deliveries=_deliveries(session, on),
    )


def _by_status(session: Session, status: type[StatusT], history: Table, on: date) -> dict[StatusT, int]:
    held = held_on(history, on)
    counted = select(held.c.status, func.count()).group_by(held.c.status).order_by(held.c.status)
    return {status(word): number for word, number in session.execute(counted)}


def _filings(session: Session, on: date) -> FilingCounts:
    filing = storage.filing.c
    counted = select(filing.late, func.count()).where(filing.on <= on).group_by(filing.late)
    by_lateness = {late: number for late, number in session.execute(counted)}
    return FilingCounts(in_time=by_lateness.get(False, 0), late=by_lateness.get(True, 0))


def _enrolments(session: Session, on: date) -> tuple[EnrolmentCount, ...]:
    enrolment, training_class = storage.enrolment.c, storage.training_class.c
    groups = training_class.kind, enrolment.passed
    counted = (
        select(*groups, func.count())
        .join_from(storage.enrolment, storage.training_class, training_class.class_id == enrolment.class_id)
        .where(enrolment.on <= on)
        .group_by(*groups)
        .order_by(*groups)
    )
    return tuple(EnrolmentCount(*row) for row in session.execute(counted))


def _deliveries(session: Session, on: date) -> tuple[DeliveryCount, ...]:
    fields = ("kind", "channel", "state", "on", "failed_on")
    single, passed = storage.delivery.c, storage.delivery_sum.c
    each = union_all(
        select(*(single[name] for name in fields), literal(1).label("number")),
        select(*(passed[name] for name in fields), passed.number),
    )
    delivery = each.subquery("delivery").c
    # One that failed and was sent later had failed on the days between.
    state = case((delivery.on <= on, delivery.state), else_=DeliveryState.FAILED).label("state")
    groups = delivery.kind, delivery.channel, state
    counted = (
        select(*groups, cast(func.sum(delivery.number), Integer))
        .where(or_(delivery.on <= on, delivery.failed_on <= on))
        .group_by(*groups)
        .order_by(*groups)
    )
    return tuple(DeliveryCount(*row) for row in session.execute(counted))
