"""The pool as it is offered to all enterprises of the province (R23): its members without their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller, Role
from registry.domain.appointment import AppointmentStatus
from registry.domain.person import FactKind, full_years, is_none, masked_name, years_before
from registry.domain.talent import TalentStatus
from registry.queries.conditions import Conditions, equal, has_words, is_or_not, within
from registry.storage import appointment, enterprise, person, person_fact, talent

_title, _experience = person_fact.alias("title"), person_fact.alias("experience")


@dataclass(frozen=True)
class PoolFilters:
    """What somebody is looked for by.

    `title`: words in the technical title. `quality_years`: at least so many. `industry`: the beginning of their
    enterprise's code. `available`: without a post. `valid_on`: whose certificate runs until that day at least.
    """

    division: str | None = None
    industry: str | None = None
    title: str | None = None
    degree: str | None = None
    quality_years: int | None = None
    available: bool | None = None
    valid_on: date | None = None


@dataclass(frozen=True)
class Offered:
    """A member of the pool: the name is masked but for those who see the person anyhow."""

    person_id: str
    name: str
    division: str
    industry: str | None
    title: str | None
    degree: str | None
    quality_years: int | None
    admitted_on: date
    valid_until: date
    available: bool


def pool(session: Session, caller: Caller, filters: PoolFilters, on: date, page: PageArguments) -> Page:
    """A page of Offered: who is in the pool today."""
    held = exists().where(appointment.c.person_id == talent.c.id, appointment.c.status != AppointmentStatus.ENDED)
    statement = (
        select(
            talent.c.id.label("person_id"),
            talent.c.name,
            talent.c.division,
            enterprise.c.industry,
            _title.c.value.label("title"),
            person.c.degree,
            _experience.c.valid_from.label("since"),
            _experience.c.value.label("stated_years"),
            talent.c.admitted_on,
            talent.c.valid_until,
            (~held).label("available"),
            _is_seen(caller, on).label("is_seen"),
        )
        .select_from(talent)
        .join(person, person.c.id == talent.c.id)
        .outerjoin(enterprise, enterprise.c.id == person.c.enterprise_id)
        .outerjoin(_title, _present(_title, FactKind.TITLE))
        .outerjoin(_experience, _present(_experience, FactKind.EXPERIENCE))
    )
    conditions = [
        talent.c.status == TalentStatus.IN_POOL,
        *within(talent, filters.division, on),
        *equal(person, degree=filters.degree),
        *is_or_not(~held, filters.available),
        *_skilled(filters, on),
    ]
    if filters.industry is not None:
        conditions.append(enterprise.c.industry.startswith(filters.industry, autoescape=True))
    if filters.valid_on is not None:
        conditions.append(talent.c.valid_until >= filters.valid_on)
    found = paginate(session, statement.where(*conditions), [talent.c.id], page)
    return Page([_offered(row, on) for row in found.items], found.next_cursor)


def _present(facts: FromClause, kind: FactKind) -> ColumnElement[bool]:
    return and_(facts.c.person_id == talent.c.id, facts.c.kind == kind, facts.c.valid_to.is_(None))


def _is_seen(caller: Caller, on: date) -> ColumnElement[bool]:
    """Whether the caller sees the person anyhow: its own people, or its division's."""
    if caller.role == Role.ENTERPRISE:
        return func.coalesce(person.c.enterprise_id == caller.enterprise_id, False)
    return scope.within(talent.c.division, caller, on)


def _skilled(filters: PoolFilters, on: date) -> Conditions:
    found: Conditions = []
    if filters.title is not None:
        found += has_words(_title.c.value, filters.title)
    if filters.quality_years:
        since = years_before(on, filters.quality_years)
        found += [_experience.c.value != "0", _experience.c.valid_from <= since]
    return found


def _offered(row: Mapping[str, Any], on: date) -> Offered:  # Any: the values of the columns
    own = {name: row[name] for name in ("person_id", "division", "industry", "degree", "admitted_on", "valid_until")}
    title, since = row["title"], row["since"]
    return Offered(
        **own,
        name=row["name"] if row["is_seen"] else masked_name(row["name"]),
        title=None if title is None or is_none(title) else title,
        quality_years=None if since is None or row["stated_years"] == "0" else full_years(since, on),
        available=row["available"],
    )
