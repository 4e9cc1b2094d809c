"""Enterprises with their sealed contact points, one or in pages."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import bindparam, select

from chassis.data import Database, Query, Reader
from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.queries.conditions import equal, holds_post, is_or_not, named, within
from registry.storage import appointment, contact, enterprise
from registry.usecases.access import visible

EnterpriseRow: TypeAlias = Mapping[str, Any]  # Any: the values of its columns, and `phone` and `email`, sealed

# Rows of columns: objects of the domain are for what changes, and take four times as long to load.
SHOWN = select(*enterprise.c, contact.c.phone, contact.c.email).outerjoin(contact, contact.c.id == enterprise.c.id)


@dataclass(frozen=True)
class EnterpriseFilters:
    """Which enterprises are asked for; `industry` is the beginning of a code, `q` words in the name."""

    division: str | None = None
    above_threshold: bool | None = None
    award_contender: bool | None = None
    brand_contender: bool | None = None
    has_cqo: bool | None = None
    industry: str | None = None
    uscc: str | None = None
    q: str | None = None


def enterprise_by_id(db: Database, caller: Caller, enterprise_id: str, on: date) -> EnterpriseRow:
    """An enterprise that the caller may see."""
    found = db.rows(_by_id(replace(caller, subject="", token_id=None), on), enterprise_id=enterprise_id)
    if not found:
        raise NotFound()
    return found[0]


@functools.lru_cache(maxsize=1000)
def _by_id(scope: Caller, on: date) -> Query:
    """What finds an enterprise that callers of that scope may see on that day."""
    return Query(SHOWN.where(enterprise.c.id == bindparam("enterprise_id"), visible(enterprise, scope, on)))


def enterprises(session: Reader, caller: Caller, filters: EnterpriseFilters, on: date, page: PageArguments) -> Page:
    """A page of EnterpriseRow."""
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
    if filters.has_cqo is not None:
        conditions += is_or_not(holds_post(enterprise.c.id, appointment.c.enterprise_id), filters.has_cqo)
    if filters.industry:
        conditions.append(enterprise.c.industry.startswith(filters.industry, autoescape=True))
    return paginate(session, SHOWN.where(*conditions), [enterprise.c.id], page)
