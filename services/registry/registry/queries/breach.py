"""Lists of breaches, and one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chassis.data import load
from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.breach import Breach, BreachKind, BreachStatus
from registry.queries.conditions import equal
from registry.queries.office import OfOffice, of_office
from registry.storage import breach
from registry.usecases.access import visible_breaches


@dataclass(frozen=True)
class BreachFilters(OfOffice):
    """Which breaches are asked for."""

    kind: BreachKind | None = None
    status: BreachStatus | None = None


def breaches(session: Session, caller: Caller, filters: BreachFilters, on: date, page: PageArguments) -> Page:
    """A page of Breach."""
    conditions: list[ColumnElement[bool]] = [
        visible_breaches(caller, on),
        *of_office(breach, filters, on),
        *equal(breach, kind=filters.kind, status=filters.status),
    ]
    return paginate(session, select(Breach).where(*conditions), [breach.c.id], page)


def breach_by_id(session: Session, caller: Caller, breach_id: str, on: date) -> Breach:
    """A breach that the caller may see."""
    return load(session, Breach, breach_id, visible_breaches(caller, on))
