"""The ledger of continuing education."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller, Role
from training import storage
from training.domain.education import EducationEntry, EducationYear, Shortfall, YearTaken, year_id
from training.usecases import ledger
from training.usecases.access import visible


@dataclass(frozen=True)
class ShortfallFilters:
    """Of which year."""

    year: int | None = None


@dataclass(frozen=True)
class YearShown:
    """A person's year, as it stands by its own rules."""

    person_id: str
    year: int
    total_hours: float  # that count
    required_hours: float
    carried_hours: float  # of total_hours, those taken in the year before
    hours_by_kind: Mapping[str, float]  # taken, whether they count or not
    exempted_by: str | None
    completed_on: date | None
    behind_on: date | None


@dataclass(frozen=True)
class YearWithEntries(YearShown):
    """The same with what was entered."""

    entries: Sequence[EducationEntry]


def list_shortfalls(
    session: Session, caller: Caller, filters: ShortfallFilters, today: date, page: PageArguments
) -> Page:
    """Who was told that they are going to miss hours, of those whom the caller may see."""
    table = storage.shortfall
    wanted = select(Shortfall).where(visible(table, caller, today))
    if filters.year is not None:
        wanted = wanted.where(table.c.year == filters.year)
    return paginate(session, wanted, [table.c.id], page)


def list_behind(session: Session, caller: Caller, filters: ShortfallFilters, today: date, page: PageArguments) -> Page:
    """Whose year ended without its hours and has none made up since, of those whom the caller may see."""
    table = storage.education_year
    person = storage.person.c
    seen = exists().where(person.id == table.c.person_id, _may_see(caller, today))
    wanted = select(EducationYear).where(storage.IS_BEHIND, seen)
    if filters.year is not None:
        wanted = wanted.where(table.c.year == filters.year)
    found = paginate(session, wanted, [table.c.year, table.c.id], page)
    known = ledger.read(session, [(each.person_id, each.year) for each in found.items])
    return replace(found, items=[_shown(each, known.stands(each.person_id, each.year)) for each in found.items])


def list_education(session: Session, caller: Caller, person_id: str, today: date) -> Sequence[YearShown]:
    """A person's years of continuing education, the newest first; NotFound if the caller may not see the person."""
    _require_visible(session, caller, person_id, today)
    year = storage.education_year.c
    found = session.scalars(select(EducationYear).where(year.person_id == person_id).order_by(year.year.desc())).all()
    known = ledger.read(session, [(person_id, each.year) for each in found])
    return [_shown(each, known.stands(person_id, each.year)) for each in found]


def get_education(session: Session, caller: Caller, person_id: str, year: int, today: date) -> YearWithEntries:
    """A person's year with each entry of the ledger, corrections among them, in the order of entering."""
    _require_visible(session, caller, person_id, today)
    found = session.get(EducationYear, year_id(person_id, year))
    if found is None:
        raise NotFound()
    stands = ledger.read(session, [(person_id, year)]).stands(person_id, year)
    entry = storage.education_entry.c
    wanted = select(EducationEntry).where(entry.person_id == person_id, entry.year == year).order_by(entry.id)
    return YearWithEntries(**vars(_shown(found, stands)), entries=session.scalars(wanted).all())


def _shown(year: EducationYear, stands: YearTaken) -> YearShown:
    return YearShown(
        person_id=year.person_id,
        year=year.year,
        total_hours=stands.hours,
        required_hours=stands.required,
        carried_hours=stands.carried,
        hours_by_kind=year.hours_by_kind,
        exempted_by=year.exempted_by,
        completed_on=year.completed_on,
        behind_on=year.behind_on,
    )


def _require_visible(session: Session, caller: Caller, person_id: str, today: date) -> None:
    if not session.scalar(select(exists().where(storage.person.c.id == person_id, _may_see(caller, today)))):
        raise NotFound()


def _may_see(caller: Caller, today: date) -> ColumnElement[bool]:
    """Of the table of people, those whom the caller may see."""
    person = storage.person.c
    if caller.role == Role.CQO:
        return person.id == caller.person_id
    if caller.role == Role.ENTERPRISE:
        return person.enterprise_id == caller.enterprise_id
    return scope.within(person.division, caller, today)
