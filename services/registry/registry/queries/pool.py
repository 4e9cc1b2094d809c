"""The pool as it is offered to all enterprises of the province (R23): its members without their names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ARRAY, ColumnElement, FromClause, RowMapping, Text, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller, Role
from registry.domain.person import FactKind, full_years, is_none, masked_name, years_before
from registry.domain.talent import TalentStatus
from registry.queries.conditions import Conditions, has_words, holds_post, is_or_not, shown_as_holder, within
from registry.storage import appointment, enterprise, person, person_fact, talent

_title, _experience = person_fact.alias("title"), person_fact.alias("experience")


def _present(facts: FromClause, kind: FactKind) -> Conditions:
    return [facts.c.kind == kind, facts.c.valid_to.is_(None)]


IDS = bindparam("ids", type_=ARRAY(Text))
SHOWN = (
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
    )
    .select_from(talent)
    .join(person, person.c.id == talent.c.id)
    .outerjoin(enterprise, enterprise.c.id == person.c.enterprise_id)
    .outerjoin(_title, and_(_title.c.person_id == talent.c.id, *_present(_title, FactKind.TITLE)))
    .outerjoin(_experience, and_(_experience.c.person_id == talent.c.id, *_present(_experience, FactKind.EXPERIENCE)))
    .where(talent.c.id == func.any(IDS), person.c.id == func.any(IDS))
    .order_by(talent.c.id)
)


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
    """A page of Offered: who is in the pool today.

    Whom to show is found first, and then what to show of them: joined at once, the planner would read everybody.
    """
    conditions = [
        talent.c.status == TalentStatus.IN_POOL,
        *within(talent, filters.division, on),
        *_of_whom(filters),
        *_skilled(filters, on),
    ]
    if filters.available is not None:
        conditions += is_or_not(holds_post(talent.c.id, appointment.c.person_id, on), not filters.available)
    if filters.valid_on is not None:
        conditions.append(talent.c.valid_until >= filters.valid_on)
    found = paginate(session, select(talent.c.id).where(*conditions), [talent.c.id], page)
    appointed = shown_as_holder(talent.c.id, appointment.c.person_id, on)
    shown = SHOWN.add_columns(appointed.label("appointed"), _is_seen(caller, on).label("is_seen"))
    rows = session.execute(shown, {"ids": list(found.items)})
    return Page([_offered(row, on) for row in rows.mappings()], found.next_cursor)


def _is_seen(caller: Caller, on: date) -> ColumnElement[bool]:
    """Whether the caller sees the person anyhow: its own people, or its division's."""
    if caller.role == Role.ENTERPRISE:
        return func.coalesce(person.c.enterprise_id == caller.enterprise_id, False)
    return scope.within(talent.c.division, caller, on)


def _of_whom(filters: PoolFilters) -> Conditions:
    found: Conditions = []
    if filters.degree is not None:
        found.append(exists().where(person.c.id == talent.c.id, person.c.degree == filters.degree))
    if filters.industry is not None:
        employed = person.c.enterprise_id == enterprise.c.id
        industry = enterprise.c.industry.startswith(filters.industry, autoescape=True)
        found.append(exists().where(person.c.id == talent.c.id, employed, industry))
    return found


def _skilled(filters: PoolFilters, on: date) -> Conditions:
    found: Conditions = []
    if filters.title is not None:
        titled = select(_title.c.person_id).where(*_present(_title, FactKind.TITLE))
        found.append(talent.c.id.in_(titled.where(*has_words(_title.c.value, filters.title))))
    if filters.quality_years:
        worked = and_(_experience.c.valid_from <= years_before(on, filters.quality_years), _experience.c.value != "0")
        of_talent = _experience.c.person_id == talent.c.id
        found.append(exists().where(of_talent, *_present(_experience, FactKind.EXPERIENCE), worked))
    return found


def _offered(row: RowMapping, on: date) -> Offered:
    own = {name: row[name] for name in ("person_id", "division", "industry", "degree", "admitted_on", "valid_until")}
    title, since = row["title"], row["since"]
    return Offered(
        **own,
        name=row["name"] if row["is_seen"] else masked_name(row["name"]),
        title=None if title is None or is_none(title) else title,
        quality_years=None if since is None or row["stated_years"] == "0" else full_years(since, on),
        available=not row["appointed"],
    )
