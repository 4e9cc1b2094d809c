"""The figures: each is a sum of what changed until the day asked for; behind it are the dated records of that day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Table,
    cast,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme import rulesets, scope
from programme.callers import Caller
from programme.tables import division
from reporting import storage
from reporting.domain.counts import EducationState, Figure, Kind
from reporting.domain.coverage import FLAGS, Coverage, Population, PostState, UnknownUnit, total
from reporting.domain.rules import Rules
from reporting.domain.statuses import AppointmentStatus, CertificateStatus, DeliveryState, TalentStatus
from reporting.domain.target import PROVINCE, Target, TargetPopulation
from reporting.views import (
    CoverageFigures,
    CoverageRecord,
    DeliveryCount,
    EducationCount,
    EnrolmentCount,
    FilingCounts,
    Statistics,
)


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


def sum_until(changes: Table, on: date, *conditions: ColumnElement[bool]) -> Subquery:
    """The changes that add up to the figures of a day: of the years before it, of its year's months, of its month."""
    year, month = on.replace(month=1, day=1), on.replace(day=1)
    since, grain = changes.c.since, changes.c.grain
    spans = (
        (grain == "year", since < year),
        (grain == "month", since >= year, since < month),
        (grain == "day", since >= month, since <= on),
    )
    return union_all(*(select(changes).where(*span, *conditions) for span in spans)).subquery()


def members_of(population: Population, on: date, caller: Caller) -> Subquery:
    """The population's enterprises that the caller may see, each with its unit and its CQO's post."""
    period = storage.coverage_period.c
    units = scope.units_for(caller, on).subquery("units")
    return (
        select(period.enterprise_id, period.division, units.c.unit, period.state)
        .join(units, units.c.code == period.division)
        .where(
            period.since <= on,
            or_(period.until.is_(None), period.until > on),
            _belongs(storage.coverage_period, population),
            scope.within(period.division, caller, on),
        )
        .subquery("member")
    )


def _belongs(table: FromClause, population: Population) -> ColumnElement[bool]:
    """Whether a row of `table`, which has the flags, counts for the population."""
    flags = [table.c[flag] for flag in FLAGS[population]]
    return or_(*flags) if flags else true()


def coverage(session: Session, caller: Caller, on: date, population: Population) -> CoverageFigures:
    """Coverage of a population on a day by reporting unit, empty ones too; to who looks after a division, of that."""
    counts = _counts_by_unit(session, caller, on, population)
    aims = targets_on(session, on, population)
    suspended_too = _counts_suspended(session, on)
    places = session.execute(_visible_units(on, caller)).all()
    units = tuple(
        Coverage(code, name, *counts.get(code, (0, 0, 0)), _aim(aims, code, parent), suspended_too)
        for code, name, parent in places
    )
    if caller.division in (None, PROVINCE):
        unit, name, aim = PROVINCE, "合计", aims.get(PROVINCE)
    else:
        # One place, or several of that day for which the caller's division stands, which then have no common target.
        unit, name = str(caller.division), "、".join(place.name for place in places) + "合计"
        aim = units[0].target_percent if len(units) == 1 else None
    return CoverageFigures(on, population, units, total(units, unit, name, aim, suspended_too))


def _counts_suspended(session: Session, on: date) -> bool:
    """Whether the rule set of that day counts a suspended CQO; before the first one there is none who does."""
    try:
        return rulesets.rules_on(session, on, Rules).count_suspended_as_covered
    except rulesets.NoRuleSet:
        return False


def _aim(aims: Mapping[str, float], code: str, parent: str | None) -> float | None:
    """A unit's own target; where it has none that of the division above it, and at last the province's."""
    return next((aims[each] for each in (code, parent or PROVINCE, PROVINCE) if each in aims), None)


def _counts_by_unit(
    session: Session, caller: Caller, on: date, population: Population
) -> dict[str, tuple[int, int, int]]:
    """By unit, how many enterprises there are, how many with an active CQO, how many with a suspended one."""
    changes = sum_until(storage.coverage_change, on, _belongs(storage.coverage_change, population))
    counts = ("enterprises", "active", "suspended")
    # First by division, of which there are few: a unit is worked out for each row that is left.
    by_division = (
        select(changes.c.division, *(func.sum(changes.c[name]).label(name) for name in counts))
        .group_by(changes.c.division)
        .subquery("counted")
    )
    units = scope.units_for(caller, on).subquery("units")
    counted = (
        select(units.c.unit, *(cast(func.sum(by_division.c[name]), BigInteger) for name in counts))
        .join(units, units.c.code == by_division.c.division)
        .where(scope.within(by_division.c.division, caller, on))
        .group_by(units.c.unit)
    )
    return {unit: (number, active, suspended) for unit, number, active, suspended in session.execute(counted)}


def records(session: Session, caller: Caller, filters: RecordFilters, on: date, page: PageArguments) -> Page:
    """The enterprises behind a figure of `coverage`, as CoverageRecords."""
    if filters.unit is not None and filters.unit not in session.scalars(_visible_units(on, caller)).all():
        raise UnknownUnit(unit=filters.unit)
    member = members_of(filters.population, on, caller)
    wanted = select(member)
    if filters.unit is not None:
        wanted = wanted.where(member.c.unit == filters.unit)
    if filters.state is not None:
        wanted = wanted.where(member.c.state == filters.state)
    found = paginate(session, wanted, [member.c.enterprise_id], page)
    names = _names(session, [row["enterprise_id"] for row in found.items], on)
    items = [CoverageRecord(**row, name=names[row["enterprise_id"]]) for row in found.items]
    return Page(items, found.next_cursor)


def _names(session: Session, enterprise_ids: Sequence[str], on: date) -> dict[str, str]:
    """What these enterprises were called on that day."""
    history = storage.enterprise_history.c
    held = (
        select(history.enterprise_id, history.name)
        .ext(distinct_on(history.enterprise_id))
        .where(history.enterprise_id.in_(enterprise_ids), history.on <= on)
        .order_by(history.enterprise_id, history.version.desc())
    )
    return {row.enterprise_id: row.name for row in session.execute(held)}


def _visible_units(on: date, caller: Caller) -> Select[str, str, str | None]:
    """The units on that day by which the caller is given figures: code, name and the division above."""
    units = scope.units_for(caller, on).subquery("units")
    visible = select(units.c.unit).where(scope.within(units.c.unit, caller, on))
    return (
        select(division.c.code, division.c.name, division.c.parent)
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
    every = sum_until(storage.coverage_change, on)
    found = _counts(session, on)

    def of(figure: Figure) -> list[tuple[Kind, int]]:
        return [(kind, number) for (name, kind), number in found.items() if name == figure]

    filed = {kind.state: number for kind, number in of(Figure.FILING)}
    return Statistics(
        on=on,
        enterprises=int(session.scalar(select(func.sum(every.c.enterprises))) or 0),
        certificates={CertificateStatus(kind.state): number for kind, number in of(Figure.CERTIFICATE)},
        talents={TalentStatus(kind.state): number for kind, number in of(Figure.TALENT)},
        appointments={AppointmentStatus(kind.state): number for kind, number in of(Figure.APPOINTMENT)},
        filings=FilingCounts(in_time=filed.get("in_time", 0), late=filed.get("late", 0)),
        enrolments=tuple(
            EnrolmentCount(kind.kind, kind.state == "passed", number) for kind, number in of(Figure.ENROLMENT)
        ),
        deliveries=tuple(
            DeliveryCount(kind.kind, kind.channel, DeliveryState(kind.state), number)
            for kind, number in of(Figure.DELIVERY)
        ),
        education=_by_year(of(Figure.EDUCATION)),
    )


def _by_year(found: Sequence[tuple[Kind, int]]) -> tuple[EducationCount, ...]:
    years: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, number in found:
        years[kind.kind][kind.state] = number
    return tuple(
        EducationCount(int(year), of.get(EducationState.REACHED, 0), of.get(EducationState.BEHIND, 0))
        for year, of in sorted(years.items())
    )


def _counts(session: Session, on: date) -> dict[tuple[str, Kind], int]:
    """All that is counted on a day, by figure and kind, in their order; what nothing counts as is left out."""
    parts = (select(sum_until(table, on)) for table in (storage.count_change, storage.delivery_sum))
    changes = union_all(*parts).subquery()
    groups = changes.c.figure, changes.c.kind, changes.c.channel, changes.c.state
    counted = select(*groups, func.sum(changes.c.number)).group_by(*groups).order_by(*groups)
    return {
        (figure, Kind(state, kind, channel)): int(number)
        for figure, kind, channel, state, number in session.execute(counted)
        if number
    }
