"""Lists of what the offices of the province and its divisions do: plans, campaigns, honours and good practices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, extract, or_, select
from sqlalchemy.orm import Session

from chassis.data import load
from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller
from reporting.domain.campaigns import Campaign, CampaignKind, CampaignStatus, Participant
from reporting.domain.honours import Honour, HonourKind
from reporting.domain.plans import RolloutPlan
from reporting.domain.practices import Practice
from reporting.domain.target import PROVINCE
from reporting.storage import campaign, campaign_participant, coverage_period, honour, practice, rollout_plan


@dataclass(frozen=True)
class PlanFilters:
    """None is any."""

    division: str | None = None
    year: int | None = None


@dataclass(frozen=True)
class CampaignFilters:
    """None is any; `year` is that in which it starts."""

    division: str | None = None
    kind: CampaignKind | None = None
    status: CampaignStatus | None = None
    year: int | None = None


@dataclass(frozen=True)
class HonourFilters:
    """None is any; those that hold on the day `on`, which is today where it is None."""

    kind: HonourKind | None = None
    enterprise_id: str | None = None
    person_id: str | None = None
    industry: str | None = None
    on: date | None = None


@dataclass(frozen=True)
class PracticeFilters:
    """None is any; `industry` may be the beginning of a code, `title` a part of one."""

    division: str | None = None
    enterprise_id: str | None = None
    industry: str | None = None
    title: str | None = None


def plans(session: Session, caller: Caller, filters: PlanFilters, today: date, page: PageArguments) -> Page:
    """The province's plans, and those of the divisions that the caller sees today."""
    column = rollout_plan.c
    wanted = select(RolloutPlan).where(or_(column.division == PROVINCE, scope.within(column.division, caller, today)))
    for name, value in vars(filters).items():
        if value is not None:
            wanted = wanted.where(column[name] == value)
    return paginate(session, wanted, [column.id], page)


def campaigns(session: Session, filters: CampaignFilters, page: PageArguments) -> Page:
    """Campaigns are public; the newest first."""
    column, wanted = campaign.c, select(Campaign)
    for name, value in vars(filters).items():
        if value is not None:
            wanted = wanted.where((extract("year", column.starts_on) if name == "year" else column[name]) == value)
    return paginate(session, wanted, [column.id], page, descending=True)


def participants(session: Session, caller: Caller, campaign_id: str, today: date, page: PageArguments) -> Page:
    """Who takes part in a campaign: all to who looks after it, else the enterprises that the caller sees today."""
    found = load(session, Campaign, campaign_id)
    column, period = campaign_participant.c, coverage_period.c
    wanted = select(Participant).where(column.campaign_id == campaign_id)
    is_own = session.scalar(select(scope.within(campaign.c.division, caller, today)).where(campaign.c.id == found.id))
    if not is_own:
        seen = select(period.enterprise_id).where(period.until.is_(None), scope.within(period.division, caller, today))
        wanted = wanted.where(column.enterprise_id.in_(seen))
    return paginate(session, wanted, [column.enterprise_id], page)


def honours(session: Session, filters: HonourFilters, today: date, page: PageArguments) -> Page:
    """Honours are public."""
    column, on = honour.c, filters.on or today
    wanted = select(Honour).where(
        column.valid_from <= on,
        or_(column.valid_until.is_(None), column.valid_until >= on),
        or_(column.withdrawn_on.is_(None), column.withdrawn_on > on),
    )
    for name, value in vars(filters).items():
        if value is not None and name != "on":
            wanted = wanted.where(column[name] == value)
    return paginate(session, wanted, [column.id], page)


def practices(session: Session, filters: PracticeFilters, page: PageArguments) -> Page:
    """The library is public; the newest first, without what was withdrawn."""
    column = practice.c
    conditions: list[ColumnElement[bool]] = [column.withdrawn_on.is_(None)]
    if filters.division is not None:
        conditions.append(column.division == filters.division)
    if filters.enterprise_id is not None:
        conditions.append(column.enterprise_id == filters.enterprise_id)
    if filters.industry is not None:
        conditions.append(column.industry.startswith(filters.industry, autoescape=True))
    if filters.title is not None:
        conditions.append(column.title.contains(filters.title, autoescape=True))
    return paginate(session, select(Practice).where(and_(*conditions)), [column.id], page, descending=True)
