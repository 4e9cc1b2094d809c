"""What waits to be delivered by webhook, and what became of what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, cast, column, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis.clock import day_of
from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from notifications.domain.webhook import Scheme, WaitingState
from notifications.queries.subscriptions import reach, subscription_by_id
from notifications.storage import (
    subscription_event,
    webhook_endpoint,
    webhook_errand,
    webhook_key,
    webhook_log,
    webhook_sum,
    webhook_waiting,
)
from programme.callers import Caller

WIDEST_RUN = 200  # sequences in one row of the log; more than a deliverer takes at once
DAYS_SHOWN = 7

WAITING = text("SELECT state, count(*) AS number FROM webhook_waiting GROUP BY state")
LIVE = text(
    "SELECT count(*) FILTER (WHERE e.is_open) AS spared, min(least("
    "(SELECT n.created_at FROM subscription_event n WHERE n.subscription_id = s.id AND n.sequence > e.position "
    "ORDER BY n.sequence LIMIT 1), "
    "(SELECT n.created_at FROM webhook_waiting w JOIN subscription_event n ON n.subscription_id = w.subscription_id "
    "AND n.sequence = w.sequence WHERE w.subscription_id = s.id AND w.ordering_key = n.partitionkey "
    "ORDER BY w.sequence LIMIT 1))) AS oldest "
    "FROM webhook_endpoint e JOIN subscription s ON s.id = e.subscription_id "
    "WHERE s.state = 'live' AND s.way = 'webhook'"
)


@dataclass(frozen=True)
class Backlog:
    """What has not been delivered: how many wait in each state, how many end points are spared, and since when."""

    waiting: Mapping[str, int]
    spared: int
    oldest: datetime | None


def backlog(session: Session) -> Backlog:
    """Of all live subscriptions by webhook."""
    found = {row.state: row.number for row in session.execute(WAITING)}
    live = session.execute(LIVE).one()
    return Backlog({state: found.get(state, 0) for state in WaitingState}, live.spared, live.oldest)


# Of one subscription, as its subscriber sees it


@dataclass(frozen=True)
class LogFilters:
    """Which attempts."""

    sequence: int | None = None
    failed: bool | None = None


@dataclass(frozen=True)
class DeliveryInFull:
    """An event on its way to an end point: what is sent, what came of each attempt, and when the next one is."""

    sequence: int
    event_id: str
    type: str
    url: str
    headers: Mapping[str, str]  # but for those of each attempt: its timestamp and signature
    body: str
    state: str  # delivered, due, or how it waits
    next_attempt_at: datetime | None
    attempts: Sequence[Mapping[str, Any]]  # Any: JSON's values


@dataclass(frozen=True)
class DayOfDeliveries:
    """What was attempted on a day."""

    day: date
    attempts: int
    delivered: int
    mean_milliseconds: float


@dataclass(frozen=True)
class Statistics:
    """How the deliveries of a subscription stand."""

    position: int  # up to it each event was delivered or waits
    last_sequence: int
    undelivered: int
    oldest_undelivered_seconds: float | None
    waiting: Mapping[str, int]
    missed: int  # events that were kept no more before their turn came
    maybe_repeated: int
    is_spared: bool
    failures_in_a_row: int
    failing_since: datetime | None
    paused_until: datetime | None
    proved_at: datetime | None
    days: Sequence[DayOfDeliveries]


@dataclass(frozen=True)
class KeyView:
    """A key without what it is."""

    id: str
    scheme: Scheme
    made_at: datetime
    ends_at: datetime | None


def attempts(session: Session, caller: Caller, subscription_id: str, filters: LogFilters, page: PageArguments) -> Page:
    """The attempts of a subscription's deliveries, the newest first."""
    found = subscription_by_id(session, caller, subscription_id)
    each = (
        func.jsonb_array_elements(webhook_log.c.attempts)
        .table_valued(column("value", JSONB), with_ordinality="place", name="attempt")
        .render_derived()
    )
    place = cast(each.c.place, BigInteger).label("place")
    wanted = select(each.c.value).select_from(webhook_log).join(each, text("true"))
    wanted = wanted.where(webhook_log.c.subscription_id == found.id)
    if filters.sequence is not None:
        last = webhook_log.c.last_sequence
        wanted = wanted.where(last >= filters.sequence, last < filters.sequence + WIDEST_RUN)
        wanted = wanted.where(cast(each.c.value["sequence"].astext, BigInteger) == filters.sequence)
    if filters.failed is not None:
        status = cast(each.c.value["status"].astext, Integer)
        succeeded = func.coalesce(status.between(200, 299), False)
        wanted = wanted.where(~succeeded if filters.failed else succeeded)
    return paginate(session, wanted, [webhook_log.c.id, place], page, descending=True)


def delivery(session: Session, caller: Caller, subscription_id: str, sequence: int, limit: int = 100) -> DeliveryInFull:
    """One event on its way; NotFound where it is not kept."""
    found = subscription_by_id(session, caller, subscription_id)
    mine = (subscription_event.c.subscription_id == found.id) & (subscription_event.c.sequence == sequence)
    event = session.execute(select(subscription_event).where(mine)).one_or_none()
    if event is None:
        raise NotFound()
    waits = (webhook_waiting.c.subscription_id == found.id) & (webhook_waiting.c.sequence == sequence)
    waiting = session.execute(select(webhook_waiting).where(waits)).one_or_none()
    position = select(webhook_endpoint.c.position).where(webhook_endpoint.c.subscription_id == found.id)
    passed = sequence <= (session.scalar(position) or 0)
    tried = attempts(session, caller, subscription_id, LogFilters(sequence=sequence), PageArguments(limit=limit))
    return DeliveryInFull(
        sequence=sequence,
        event_id=event.event_id,
        type=event.type,
        url=str(found.target.get("url", "")),
        headers={"content-type": "application/cloudevents+json", "webhook-id": event.event_id},
        body=event.body,
        state=waiting.state if waiting else ("delivered" if passed else "due"),
        next_attempt_at=waiting.next_attempt_at if waiting else None,
        attempts=tried.items,
    )


def statistics(session: Session, caller: Caller, subscription_id: str, now: datetime) -> Statistics:
    """How its deliveries stand; NotFound where nothing was ever to be delivered by webhook."""
    found = subscription_by_id(session, caller, subscription_id)
    end_point = session.execute(
        select(webhook_endpoint).where(webhook_endpoint.c.subscription_id == found.id)
    ).one_or_none()
    if end_point is None:
        raise NotFound()
    counted = session.execute(
        select(webhook_waiting.c.state, func.count().label("number"))
        .where(webhook_waiting.c.subscription_id == found.id)
        .group_by(webhook_waiting.c.state)
    )
    waiting = dict.fromkeys(map(str, WaitingState), 0) | {str(row.state): row.number for row in counted}
    first, last = reach(session, found)
    oldest = session.scalar(OLDEST, {"subscription": found.id, "position": end_point.position})
    return Statistics(
        position=end_point.position,
        last_sequence=last,
        undelivered=last - max(end_point.position, first - 1) + sum(waiting.values()),
        oldest_undelivered_seconds=None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        waiting=waiting,
        missed=max(0, first - 1 - end_point.position),
        maybe_repeated=end_point.maybe_repeated,
        is_spared=end_point.is_open,
        failures_in_a_row=end_point.failures,
        failing_since=end_point.failing_since,
        paused_until=end_point.resume_at if end_point.resume_at and end_point.resume_at > now else None,
        proved_at=end_point.proved_at,
        days=_days(session, found.id, now),
    )


OLDEST = text(
    "SELECT least((SELECT created_at FROM subscription_event WHERE subscription_id = :subscription "
    "AND sequence > :position ORDER BY sequence LIMIT 1), (SELECT e.created_at FROM webhook_waiting w "
    "JOIN subscription_event e ON e.subscription_id = w.subscription_id AND e.sequence = w.sequence "
    "WHERE w.subscription_id = :subscription ORDER BY w.sequence LIMIT 1))"
)


def _days(session: Session, subscription_id: str, now: datetime) -> list[DayOfDeliveries]:
    since = day_of(now) - timedelta(days=DAYS_SHOWN - 1)
    rows = session.execute(
        select(webhook_sum)
        .where(webhook_sum.c.subscription_id == subscription_id, webhook_sum.c.day >= since)
        .order_by(webhook_sum.c.day)
    )
    return [
        DayOfDeliveries(row.day, row.attempts, row.delivered, round(row.milliseconds / max(1, row.attempts), 1))
        for row in rows
    ]


def keys(session: Session, caller: Caller, subscription_id: str, now: datetime) -> list[KeyView]:
    """The keys that are in force, the newest first."""
    found = subscription_by_id(session, caller, subscription_id)
    in_force = webhook_key.c.ends_at.is_(None) | (webhook_key.c.ends_at > now)
    mine = select(webhook_key).where(webhook_key.c.subscription_id == found.id, in_force)
    rows = session.execute(mine.order_by(webhook_key.c.made_at.desc(), webhook_key.c.id.desc()))
    return [KeyView(row.id, row.scheme, row.made_at, row.ends_at) for row in rows]


def errand(session: Session, caller: Caller, subscription_id: str, errand_id: str) -> Mapping[str, object]:
    """A handshake or a test event, and what came of it."""
    found = subscription_by_id(session, caller, subscription_id)
    mine = (webhook_errand.c.id == errand_id) & (webhook_errand.c.subscription_id == found.id)
    row = session.execute(select(webhook_errand).where(mine)).one_or_none()
    if row is None:
        raise NotFound()
    return {
        "id": row.id,
        "kind": row.kind,
        "asked_at": row.asked_at,
        "done_at": row.done_at,
        "succeeded": None if row.answer is None else row.answer["fault"] is None,
        **dict.fromkeys(("status", "response", "milliseconds", "fault")),
        **(row.answer or {}),
    }
