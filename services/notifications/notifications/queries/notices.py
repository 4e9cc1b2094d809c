"""Notices and their deliveries: listed, counted, and one in full."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, select
from sqlalchemy.orm import Session, selectinload

from chassis.clock import SHANGHAI
from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.domain.notice import Delivery, Notice
from notifications.storage import cause, delivery, notice, reading
from notifications.usecases.reading import in_inbox_of, reader
from programme import scope
from programme.callers import Caller


def between(column: ColumnElement[datetime], filters: dict[str, Any]) -> list[ColumnElement[bool]]:
    """The days `since` and `until`, both included, as days in Shanghai."""
    conditions: list[ColumnElement[bool]] = []
    if filters.get("since"):
        conditions.append(column >= _start_of(filters["since"]))
    if filters.get("until"):
        conditions.append(column < _start_of(filters["until"] + timedelta(days=1)))
    return conditions


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)


def _wanted(caller: Caller, filters: dict[str, Any], on: date) -> list[ColumnElement[bool]]:
    conditions = [scope.within(notice.c.division, caller, on), *between(notice.c.created_at, filters)]
    for name in ("kind", "recipient_kind", "recipient_id", "cause_id"):
        if filters.get(name):
            conditions.append(notice.c[name] == filters[name])
    of_delivery = [delivery.c[name] == filters[name] for name in ("channel", "state") if filters.get(name)]
    if of_delivery:
        conditions.append(exists().where(delivery.c.notice_id == notice.c.id, *of_delivery))
    return conditions


def notices(
    session: Session,
    caller: Caller,
    filters: dict[str, Any],
    on: date,
    page: PageArguments,
    personal_data: PersonalDataCipher,
) -> Page:
    """Notices with their deliveries, the newest first."""
    wanted = select(Notice).where(*_wanted(caller, filters, on)).options(selectinload(Notice.deliveries))  # type: ignore[attr-defined]
    found = paginate(session, wanted, [notice.c.id], page, descending=True)
    return Page([_shown(one, personal_data) for one in found.items], found.next_cursor)


def one(
    session: Session, caller: Caller, notice_id: str, on: date, personal_data: PersonalDataCipher
) -> dict[str, Any]:
    """A notice in full, with the event that caused it and who has read it."""
    found = session.scalars(
        select(Notice)
        .where(notice.c.id == notice_id, scope.within(notice.c.division, caller, on))
        .options(selectinload(Notice.deliveries))  # type: ignore[attr-defined]
    ).one_or_none()
    if found is None:
        raise NotFound()
    why = session.execute(select(cause).where(cause.c.id == found.cause_id)).mappings().one()
    read = session.execute(select(reading).where(reading.c.notice_id == notice_id).order_by(reading.c.read_at))
    return {**_shown(found, personal_data), "cause": dict(why), "readings": [dict(row) for row in read.mappings()]}


def delivery_view(found: Delivery, personal_data: PersonalDataCipher) -> dict[str, Any]:
    """A delivery as answers show it: the address masked."""
    names = ("id", "channel", "state", "version", "attempts", "maybe_repeated", "answer", "next_attempt_at", "sent_at")
    address = personal_data.masked_email(found.notice.recipient_id, found.address)
    return {**{name: getattr(found, name) for name in names}, "address": address}


def _shown(found: Notice, personal_data: PersonalDataCipher) -> dict[str, Any]:
    names = ("id", "cause_id", "kind", "recipient_kind", "recipient_id", "division", "subject", "body", "created_at")
    deliveries = [delivery_view(each, personal_data) for each in found.deliveries]  # type: ignore[attr-defined]
    return {**{name: getattr(found, name) for name in names}, "deliveries": deliveries}


def summary(session: Session, caller: Caller, filters: dict[str, Any], on: date) -> dict[str, Any]:
    """How many deliveries there are of each kind, on each channel, in each state."""
    conditions = [scope.within(notice.c.division, caller, on), *between(notice.c.created_at, filters)]
    groups = (notice.c.kind, delivery.c.channel, delivery.c.state)
    counted = (
        select(*groups, func.count().label("number"), func.sum(delivery.c.maybe_repeated).label("maybe_repeated"))
        .join(notice, notice.c.id == delivery.c.notice_id)
        .where(*conditions)
        .group_by(*groups)
        .order_by(*groups)
    )
    items = [dict(row) for row in session.execute(counted).mappings()]
    recipients = select(func.count()).select_from(notice).where(*conditions)
    return {
        "items": items,
        "notices": session.scalar(recipients),
        "deliveries": sum(item["number"] for item in items),
        "maybe_repeated": sum(item["maybe_repeated"] for item in items),
    }


INBOX_FIELDS = (
    notice.c.id,
    notice.c.kind,
    notice.c.recipient_kind,
    notice.c.recipient_id,
    notice.c.division,
    notice.c.subject,
    notice.c.body,
    notice.c.created_at,
    notice.c.cause_id,
    reading.c.read_at,
)


def _inbox(caller: Caller, on: date) -> Any:
    mine = and_(reading.c.notice_id == notice.c.id, reading.c.reader == literal(reader(caller)))
    return select(*INBOX_FIELDS).join_from(notice, reading, mine, isouter=True).where(in_inbox_of(caller, on))


def inbox(session: Session, caller: Caller, filters: dict[str, Any], on: date, page: PageArguments) -> Page:
    """The caller's own inbox, the newest first."""
    wanted = _inbox(caller, on).where(*between(notice.c.created_at, filters))
    if filters.get("kind"):
        wanted = wanted.where(notice.c.kind == filters["kind"])
    if filters.get("unread") is not None:
        is_read = reading.c.read_at.is_not(None)
        wanted = wanted.where(~is_read if filters["unread"] else is_read)
    return paginate(session, wanted, [notice.c.id], page, descending=True)


def inbox_item(session: Session, caller: Caller, notice_id: str, on: date) -> dict[str, Any]:
    """One notice of the caller's inbox."""
    row = session.execute(_inbox(caller, on).where(notice.c.id == notice_id)).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return dict(row)
