"""Lists of enterprises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.enterprise import Enterprise
from registry.queries.conditions import equal, holds_post, is_or_not, named, within
from registry.storage import appointment, enterprise
from registry.usecases.access import visible


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


def enterprises(session: Session, caller: Caller, filters: EnterpriseFilters, on: date, page: PageArguments) -> Page:
    """A page of Enterprise."""
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
        *is_or_not(holds_post(enterprise.c.id, appointment.c.enterprise_id), filters.has_cqo),
    ]
    if filters.industry:
        conditions.append(enterprise.c.industry.startswith(filters.industry, autoescape=True))
    return paginate(session, select(Enterprise).where(*conditions), [enterprise.c.id], page)
