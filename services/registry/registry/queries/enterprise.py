"""Enterprises with their sealed contact points, one or in pages."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from chassis.data import Database, Query, Reader
from chassis.errors import NotFound
from chassis.http import FirstPage, Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain import leader
from registry.domain.leader import Leader
from registry.domain.recognition import NONE, Recognition, RecognitionKind
from registry.queries.conditions import equal, holds_post, is_or_not, named, within
from registry.storage import appointment, contact, enterprise, recognition
from registry.usecases.access import former_leaders_of, load_enterprise, visible

EnterpriseRow: TypeAlias = Mapping[str, Any]  # Any: the values of its columns, and `phone` and `email`, sealed

# Rows of columns: objects of the domain are for what changes, and take four times as long to load.
# The contact points are looked up for the rows of a page; a join would look them up for all that it is taken from.
SHOWN = select(
    *enterprise.c,
    *(
        select(column).where(contact.c.id == enterprise.c.id).scalar_subquery().label(column.name)
        for column in (contact.c.phone, contact.c.email)
    ),
)


@dataclass(frozen=True)
class EnterpriseFilters:
    """Which enterprises are asked for; `industry` is the beginning of a code, `q` words in the name."""

    division: str | None = None
    above_threshold: bool | None = None
    award_contender: bool | None = None
    brand_contender: bool | None = None
    deregistered: bool | None = None
    recognised: RecognitionKind | None = None
    year: int | None = None  # of the recognition
    has_cqo: bool | None = None
    industry: str | None = None
    uscc: str | None = None
    q: str | None = None

    @property
    def has_few_values(self) -> bool:
        """Whether others will ask for the same: nothing is asked for that may be any text."""
        return self.industry is None and self.uscc is None and self.q is None


def enterprise_by_id(db: Database, caller: Caller, enterprise_id: str, on: date) -> EnterpriseRow:
    """An enterprise that the caller may see."""
    found = db.rows(_by_id(replace(caller, subject="", token_id=None), on), enterprise_id=enterprise_id)
    if not found:
        raise NotFound()
    return found[0]


def leaders(session: Session, caller: Caller, enterprise_id: str, on: date) -> list[Leader]:
    """All who have led an enterprise that the caller may see."""
    enterprise = load_enterprise(session, caller, enterprise_id, on)
    return list(leader.leaders(enterprise, former_leaders_of(session, enterprise.id)))


def recognitions(session: Session, caller: Caller, enterprise_id: str, on: date) -> list[Recognition]:
    """What an enterprise that the caller may see was recognised as, the latest year first."""
    enterprise_id = load_enterprise(session, caller, enterprise_id, on).id
    column = recognition.c
    wanted = select(Recognition).where(column.enterprise_id == enterprise_id)
    return list(session.scalars(wanted.order_by(column.year.desc(), column.kind)))


@functools.lru_cache(maxsize=1000)
def _by_id(scope: Caller, on: date) -> Query:
    """What finds an enterprise that callers of that scope may see on that day."""
    return Query(SHOWN.where(enterprise.c.id == bindparam("enterprise_id"), visible(enterprise, scope, on)))


def enterprises(db: Database, caller: Caller, filters: EnterpriseFilters, on: date, page: PageArguments) -> Page:
    """A page of EnterpriseRow."""
    if page.cursor is None and filters.has_few_values:
        return _first_page(replace(caller, subject="", token_id=None), filters, on, page.limit).read(db)
    with db.read() as connection:
        return some_enterprises(connection, caller, filters, on, page)


def some_enterprises(
    session: Reader, caller: Caller, filters: EnterpriseFilters, on: date, page: PageArguments
) -> Page:
    """The same, whatever is asked for."""
    return paginate(session, _wanted(caller, filters, on), [enterprise.c.id], page)


@functools.lru_cache(maxsize=1000)
def _first_page(scope: Caller, filters: EnterpriseFilters, on: date, limit: int) -> FirstPage:
    return FirstPage(_wanted(scope, filters, on), [enterprise.c.id], limit)


def _wanted(
    caller: Caller, filters: EnterpriseFilters, on: date
) -> Select[*tuple[Any, ...]]:  # Any: the columns of EnterpriseRow
    conditions = [
        visible(enterprise, caller, on),
        *within(enterprise, filters.division, on),
        *equal(
            enterprise,
            above_threshold=filters.above_threshold,
            award_contender=filters.award_contender,
            brand_contender=filters.brand_contender,
            uscc=filters.uscc,
        ),
        *named(enterprise, filters.q),
    ]
    if filters.recognised is not None:
        of_the_kind = [recognition.c.kind == filters.recognised, recognition.c.value != NONE]
        of_the_year = [recognition.c.year == (filters.year or on.year)]
        conditions.append(enterprise.c.id.in_(select(recognition.c.enterprise_id).where(*of_the_kind, *of_the_year)))
    conditions += is_or_not(enterprise.c.deregistered_on.is_not(None), filters.deregistered)
    if filters.has_cqo is not None:
        conditions += is_or_not(holds_post(enterprise.c.id, appointment.c.enterprise_id, on), filters.has_cqo)
    if filters.industry:
        conditions.append(enterprise.c.industry.startswith(filters.industry, autoescape=True))
    return SHOWN.where(*conditions)
