"""Lists of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.person import Person
from registry.queries.conditions import equal, named, within
from registry.storage import person
from registry.usecases.access import visible


@dataclass(frozen=True)
class PersonFilters:
    """Which people are asked for; `q` is words in the name."""

    division: str | None = None
    enterprise_id: str | None = None
    q: str | None = None


@dataclass(frozen=True)
class FindPerson:
    """The ID number by which somebody is looked for."""

    id_number: str


def people(session: Session, caller: Caller, filters: PersonFilters, on: date, page: PageArguments) -> Page:
    """A page of Person."""
    conditions = [
        visible(person, caller, on),
        *within(person, filters.division, on),
        *equal(person, enterprise_id=filters.enterprise_id),
        *named(person, filters.q),
    ]
    return paginate(session, select(Person).where(*conditions), [person.c.id], page)
