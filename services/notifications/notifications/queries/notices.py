"""Notices and their deliveries: listed, counted, and one in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, cast, exists, func, select
from sqlalchemy.orm import Session, selectinload

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from notifications.domain.notice import Channel, Notice, State
from notifications.queries import counts
from notifications.queries.filters import NoticeFilters, SummaryFilters
from notifications.storage import StoredNotice, cause, delivery, notice, reading
from programme import scope
from programme.callers import Caller

WITH_DELIVERIES = selectinload(StoredNotice.deliveries)  # type: ignore[arg-type]  # mapped in storage, out of mypy's sight


@dataclass(frozen=True)
class Cause:
    """The event because of which a notice was written; `data` are those of its fields that were read."""

    id: str
    type: str
    subject: str
    occurred_at: datetime
    received_at: datetime
    data: Mapping[str, object]
    ruleset: int


@dataclass(frozen=True)
class Reading:
    """An office, an enterprise or a person has read a notice."""

    reader: str
    read_at: datetime


@dataclass(frozen=True)
class NoticeInFull:
    notice: Notice
    cause: Cause
    readings: list[Reading]


@dataclass(frozen=True)
class Count:
    """How many deliveries are in a state, and how many letters of them may have come twice."""

    kind: str
    channel: Channel
    state: State
    number: int
    maybe_repeated: int


@dataclass(frozen=True)
class Summary:
    items: list[Count]
    notices: int
    deliveries: int
    maybe_repeated: int


CAUSE = select(
    cause.c.id,
    cause.c.type,
    cause.c.subject,
    cause.c.occurred_at,
    cause.c.received_at,
    cause.c.data,
    cause.c.ruleset,
)


def notices(session: Session, caller: Caller, filters: NoticeFilters, on: date, page: PageArguments) -> Page:
    """Notices with their deliveries, the newest first; the page's items are Notices."""
    wanted = select(StoredNotice).where(*_conditions(caller, filters, on)).options(WITH_DELIVERIES)
    # Of a period that is over the newest are found by when they were written; by their ids all later ones come first.
    order = [notice.c.id] if filters.until is None else [notice.c.created_at, notice.c.id]
    return paginate(session, wanted, order, page, descending=True)


def _conditions(caller: Caller, filters: NoticeFilters, on: date) -> list[ColumnElement[bool]]:
    conditions = [scope.within(notice.c.division, caller, on), *filters.contains(notice.c.created_at)]
    of_notice = (
        (notice.c.kind, filters.kind),
        (notice.c.recipient_kind, filters.recipient_kind),
        (notice.c.recipient_id, filters.recipient_id),
        (notice.c.cause_id, filters.cause_id),
    )
    of_delivery = ((delivery.c.channel, filters.channel), (delivery.c.state, filters.state))
    conditions += [column == value for column, value in of_notice if value is not None]
    on_delivery = [column == value for column, value in of_delivery if value is not None]
    if on_delivery:
        conditions.append(exists().where(delivery.c.notice_id == notice.c.id, *on_delivery))
    return conditions


def in_full(session: Session, caller: Caller, notice_id: str, on: date) -> NoticeInFull:
    """A notice with the event that caused it and who has read it; NotFound if the caller may not see it."""
    found = session.scalars(
        select(StoredNotice)
        .where(notice.c.id == notice_id, scope.within(notice.c.division, caller, on))
        .options(WITH_DELIVERIES)
    ).one_or_none()
    if found is None:
        raise NotFound()
    event = session.execute(CAUSE.where(cause.c.id == found.cause_id)).one()
    readings = session.execute(
        select(reading.c.reader, reading.c.read_at).where(reading.c.notice_id == notice_id).order_by(reading.c.read_at)
    )
    return NoticeInFull(found, Cause(*event), [Reading(*row) for row in readings])


def summary(session: Session, caller: Caller, filters: SummaryFilters, on: date) -> Summary:
    """How many deliveries there are of each kind, on each channel, in each state."""
    added = counts.deliveries(caller, filters, on, "written").c
    groups = (added.kind, added.channel, added.state)
    numbers = (cast(func.sum(added.number), BigInteger), cast(func.sum(added.maybe_repeated), BigInteger))
    rows = session.execute(select(*groups, *numbers).group_by(*groups).order_by(*groups)).all()
    # A notice itself is counted without a channel.
    items = [
        Count(kind, Channel(channel), State(state), number, repeated)
        for kind, channel, state, number, repeated in rows
        if channel and number
    ]
    return Summary(
        items,
        notices=sum(number for _, channel, _, number, _ in rows if not channel),
        deliveries=sum(each.number for each in items),
        maybe_repeated=sum(each.maybe_repeated for each in items),
    )
