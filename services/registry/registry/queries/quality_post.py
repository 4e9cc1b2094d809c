"""Key quality posts with whoever fills them on a day, and who is without a valid certificate."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, null, or_, select, true
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.quality_post import NO_END, QualityPost, QualityPostKind
from registry.queries.conditions import equal, is_or_not, within
from registry.storage import enterprise
from registry.storage.quality_posts import holder_certificate, quality_post, quality_post_holder
from registry.usecases.quality_posts import seen_enterprise

_post, _holder, _shown = quality_post.c, quality_post_holder.c, holder_certificate.c


@dataclass(frozen=True)
class QualityPostFilters:
    """Which posts are asked for, as of the day `on`: of a kind, filled or not, with somebody without a certificate."""

    division: str | None = None
    enterprise_id: str | None = None
    kind: QualityPostKind | None = None
    vacant: bool | None = None
    uncertified: bool | None = None
    on: date | None = None


@dataclass(frozen=True)
class HolderOnDay:
    """Who fills a post, and the certificate that is valid on the day; without one, that which ended last."""

    id: str
    name: str
    from_on: date
    until_on: date | None
    certified: bool
    certificate_number: str | None
    certificate_valid_until: date | None


@dataclass(frozen=True)
class QualityPostOnDay:
    """A post with all who fill it on the day."""

    post: QualityPost
    holders: list[HolderOnDay]


def quality_posts(
    session: Session, caller: Caller, filters: QualityPostFilters, today: date, page: PageArguments
) -> Page:
    """A page of QualityPostOnDay."""
    on = filters.on or today
    conditions = [
        seen_enterprise(caller, today),
        _post.opened_on <= on,
        or_(_post.closed_on.is_(None), _post.closed_on >= on),
        *equal(quality_post, enterprise_id=filters.enterprise_id, kind=filters.kind),
        *is_or_not(~exists().where(_holder.quality_post_id == _post.id, _fills(on)), filters.vacant),
        *is_or_not(exists().where(_holder.quality_post_id == _post.id, *_uncertified(on, today)), filters.uncertified),
    ]
    for condition in within(enterprise, filters.division, today):
        conditions.append(exists().where(enterprise.c.id == _post.enterprise_id, condition))
    found = paginate(session, select(QualityPost).where(*conditions), [_post.id], page)
    holders = _holders(session, [post.id for post in found.items], on)
    return Page([QualityPostOnDay(post, holders[post.id]) for post in found.items], found.next_cursor)


def uncertified(today: date) -> Select[*tuple[Any, ...]]:  # Any: the columns of a WorkItem
    """The worklist: who fills a key quality post without a valid certificate, and since when."""
    since = func.greatest(_holder.from_on, _holder.certified_until + 1)
    return (
        select(
            _holder.id,
            since.label("day"),
            enterprise.c.division,
            enterprise.c.id.label("enterprise_id"),
            enterprise.c.name.label("enterprise_name"),
            _post.id.label("post_id"),
            null().label("person_id"),
            _holder.name.label("person_name"),
        )
        .select_from(quality_post_holder)
        .join(quality_post, _post.id == _holder.quality_post_id)
        .join(enterprise, enterprise.c.id == _post.enterprise_id)
        .where(_holder.until_on.is_(None), _holder.certified_until < today, enterprise.c.deregistered_on.is_(None))
    )


def _fills(on: date) -> ColumnElement[bool]:
    return and_(_holder.from_on <= on, or_(_holder.until_on.is_(None), _holder.until_on >= on))


def _valid(on: date) -> ColumnElement[bool]:
    return and_(_shown.valid_from <= on, _shown.valid_until >= on)


def _uncertified(on: date, today: date) -> list[ColumnElement[bool]]:
    """Of a holder, on a day. Whether today is covered the last day of all their certificates tells: each has begun."""
    found = [_fills(on), ~exists().where(_shown.holder_id == _holder.id, _valid(on))]
    return [*found, _holder.certified_until < on] if on >= today else found


def _holders(session: Session, post_ids: list[str], on: date) -> dict[str, list[HolderOnDay]]:
    """By post; of each the certificate that ends last of those that had begun by the day."""
    latest = (
        select(_shown.number, _shown.valid_until)
        .where(_shown.holder_id == _holder.id, _shown.valid_from <= on)
        .order_by(_shown.valid_until.desc(), _shown.id.desc())
        .limit(1)
        .lateral("latest")
    )
    wanted = (
        select(
            _holder.quality_post_id,
            _holder.id,
            _holder.name,
            _holder.from_on,
            _holder.until_on,
            latest.c.number,
            latest.c.valid_until,
        )
        .select_from(quality_post_holder.outerjoin(latest, true()))
        .where(_holder.quality_post_id.in_(post_ids), _fills(on))
        .order_by(_holder.id)
    )
    found: dict[str, list[HolderOnDay]] = defaultdict(list)
    for post_id, holder_id, name, from_on, until_on, number, valid_until in session.execute(wanted):
        certified = valid_until is not None and valid_until >= on
        shown = None if valid_until == NO_END else valid_until
        found[post_id].append(HolderOnDay(holder_id, name, from_on, until_on, certified, number, shown))
    return found
