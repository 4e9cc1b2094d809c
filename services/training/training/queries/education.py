"""The ledger of continuing education."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller, Role
from training import storage
from training.domain.education import EducationYear, Shortfall
from training.usecases.access import visible


@dataclass(frozen=True)
class ShortfallFilters:
    """Of which year."""

    year: int | None = None


def list_shortfalls(
    session: Session, caller: Caller, filters: ShortfallFilters, today: date, page: PageArguments
) -> Page:
    """Who was told that they are going to miss hours, of those whom the caller may see."""
    table = storage.shortfall
    wanted = select(Shortfall).where(visible(table, caller, today))
    if filters.year is not None:
        wanted = wanted.where(table.c.year == filters.year)
    return paginate(session, wanted, [table.c.id], page)


def list_education(session: Session, caller: Caller, person_id: str, today: date) -> Sequence[EducationYear]:
    """A person's years of continuing education, the newest first; NotFound if the caller may not see the person."""
    person = storage.person.c
    if caller.role == Role.CQO:
        may_see = person.id == caller.person_id
    elif caller.role == Role.ENTERPRISE:
        may_see = person.enterprise_id == caller.enterprise_id
    else:
        may_see = scope.within(person.division, caller, today)
    if not session.scalar(select(exists().where(person.id == person_id, may_see))):
        raise NotFound()
    year = storage.education_year.c
    return session.scalars(select(EducationYear).where(year.person_id == person_id).order_by(year.year.desc())).all()
