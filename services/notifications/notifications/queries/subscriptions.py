"""Subscriptions as their subscribers and the province see them, and the events that one is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, false, literal, select, true
from sqlalchemy.orm import Session

from chassis.data import load
from chassis.errors import CqoError, RuleBroken
from chassis.http import Page, PageArguments, paginate
from notifications.domain.subscription import State, Subscription, Way
from notifications.storage import subscription, subscription_event, subscription_fetch
from programme import scope
from programme.callers import Caller, Role

HIGHEST_LIMIT = 500  # events in one answer
_row = subscription_event.c


class NotLive(RuleBroken):
    """The subscription is not live: it waits, was paused or has ended; GET /subscriptions/{id} says why."""

    zh = "该订阅尚未生效、已暂停或已终止，原因见 GET /subscriptions/{id}。"


class EventsGone(CqoError):
    """Events after this sequence are kept no more; go on with `after` one below `first`, and expect a gap."""

    status = 410
    zh = "该序号之后的部分事件已过保存期，请从 first 的前一序号继续读取，其间存在缺口。"


class SequenceUnknown(RuleBroken):
    """The subscription has not come to this sequence; it was put back to an earlier moment, or the number is wrong."""

    zh = "该订阅尚无此序号：数据库可能已恢复到较早时刻，或所填序号有误。"


@dataclass(frozen=True)
class SubscriptionFilters:
    """Which subscriptions."""

    subscriber: str | None = None
    state: State | None = None
    waiting: bool | None = None  # for an approval


@dataclass(frozen=True)
class FeedArguments:
    """From where on, and how many."""

    after: int = 0
    limit: int = 100


class Reach(NamedTuple):
    """How far the numbers of a subscription's events go; `first` is above `last` where none is kept."""

    first: int
    last: int


@dataclass(frozen=True)
class Status:
    """How a subscription stands."""

    state: State
    reason: str | None
    way: Way
    ends_on: date
    first_sequence: int | None  # of those that are kept
    last_sequence: int  # 0 where it has been given none
    kept: int
    last_event_at: datetime | None
    fetched_sequence: int | None
    fetched_at: datetime | None
    behind: int | None
    behind_seconds: float | None


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """A system sees its own subscriptions; the others who may ask see all, unless a division limits them."""
    if caller.role == Role.SYSTEM:
        return subscription.c.subscriber == literal(caller.subscriber, Text)
    return true() if scope.sees_whole_province(caller) else false()


def subscriptions(session: Session, caller: Caller, filters: SubscriptionFilters, page: PageArguments) -> Page:
    """Subscriptions, the oldest first."""
    wanted = select(Subscription).where(visible_to(caller))
    if filters.subscriber is not None:
        wanted = wanted.where(subscription.c.subscriber == filters.subscriber)
    if filters.state is not None:
        wanted = wanted.where(subscription.c.state == filters.state)
    if filters.waiting is not None:
        waits = (subscription.c.state == State.SUBMITTED) | subscription.c.proposed.is_not(None)
        wanted = wanted.where(waits if filters.waiting else ~waits)
    return paginate(session, wanted, [subscription.c.id], page)


def subscription_by_id(session: Session, caller: Caller, subscription_id: str) -> Subscription:
    """One of them; NotFound where it is another subscriber's."""
    return load(session, Subscription, subscription_id, visible_to(caller))


def reach(session: Session, found: Subscription) -> Reach:
    """Which of its events are kept."""
    first = (
        select(_row.sequence).where(_row.subscription_id == found.id).order_by(_row.sequence).limit(1).scalar_subquery()
    )
    kept, following = session.execute(
        select(first, subscription.c.next_sequence).where(subscription.c.id == found.id)
    ).one()
    return Reach(following if kept is None else kept, following - 1)


def events_after(session: Session, found: Subscription, wanted: FeedArguments) -> Sequence[str]:
    """The bodies of its events after a sequence, in order and without a gap.

    Raises NotLive, EventsGone, SequenceUnknown.
    """
    if found.state != State.LIVE:
        raise NotLive(state=found.state)
    bodies = select(_row.sequence, _row.body).where(_row.subscription_id == found.id, _row.sequence > wanted.after)
    rows = session.execute(bodies.order_by(_row.sequence).limit(wanted.limit)).all()
    if not rows or rows[0].sequence != wanted.after + 1:
        first, last = reach(session, found)
        if wanted.after > last:
            raise SequenceUnknown(last=last)
        if wanted.after + 1 < first:
            raise EventsGone(first=first, last=last)
    return [row.body for row in rows]


def status(session: Session, caller: Caller, subscription_id: str, now: datetime) -> Status:
    """How a subscription stands."""
    found = subscription_by_id(session, caller, subscription_id)
    first, last = reach(session, found)
    fetched = session.execute(
        select(subscription_fetch.c.sequence, subscription_fetch.c.at).where(
            subscription_fetch.c.subscription_id == found.id
        )
    ).one_or_none()
    waiting = None if fetched is None else max(fetched.sequence + 1, first)
    since = None if waiting is None else _created_at(session, found, waiting)
    return Status(
        state=found.state,
        reason=found.reason,
        way=found.way,
        ends_on=found.ends_on,
        first_sequence=first if first <= last else None,
        last_sequence=last,
        last_event_at=_created_at(session, found, last),
        kept=last - first + 1,
        fetched_sequence=None if fetched is None else fetched.sequence,
        fetched_at=None if fetched is None else fetched.at,
        behind=None if fetched is None else last - fetched.sequence,
        behind_seconds=None if since is None else max(0.0, (now - since).total_seconds()),
    )


def _created_at(session: Session, found: Subscription, sequence: int) -> datetime | None:
    return session.scalar(select(_row.created_at).where(_row.subscription_id == found.id, _row.sequence == sequence))


def sequence_at(session: Session, found: Subscription, at: datetime) -> int:
    """The first of its sequences that are kept from that instant on; one above the last where there is none.

    Numbers have no gap and their times rise, so it halves the way, by one look into the index each time.
    """
    low, last = reach(session, found)
    high = last + 1
    while low < high:
        middle = (low + high) // 2
        created_at = _created_at(session, found, middle)
        if created_at is None or created_at < at:
            low = middle + 1
        else:
            high = middle
    return low
