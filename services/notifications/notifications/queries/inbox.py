"""A recipient's own inbox: the notices shown in it, and whether they were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, Text, and_, exists, false, func, literal, select, true
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from notifications.domain.notice import Channel, State
from notifications.domain.recipients import CENTRE_ID, RecipientKind
from notifications.queries.filters import InboxFilters
from notifications.storage import delivery, notice, reading
from programme import scope
from programme.callers import Caller, Role


@dataclass(frozen=True)
class InboxItem:
    """A notice in its recipient's inbox."""

    id: str
    kind: str
    recipient_kind: RecipientKind
    recipient_id: str
    division: str | None
    subject: str
    body: str
    created_at: datetime
    cause_id: str
    read_at: datetime | None


ITEM = (
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
TO_AN_OFFICE = notice.c.recipient_kind == RecipientKind.DIVISION
SHOWN = exists().where(
    delivery.c.notice_id == notice.c.id,
    delivery.c.channel == Channel.IN_APP,
    delivery.c.state == State.SENT,
)


def reader(caller: Caller) -> str:
    """Who marks a notice as read: the person, the enterprise or the office, whoever of its staff it was."""
    own = {Role.CQO: caller.person_id, Role.ENTERPRISE: caller.enterprise_id, Role.DIVISION: caller.division}
    return f"{caller.role}:{own.get(Role(caller.role)) or ''}"


def in_inbox_of(caller: Caller, on: date) -> ColumnElement[bool]:
    """The notices shown in the caller's inbox: its own, or for staff those to its division and the ones below it."""
    match caller.role:
        case Role.CQO:
            addressed = _addressed_to(RecipientKind.PERSON, caller.person_id)
        case Role.ENTERPRISE:
            addressed = _addressed_to(RecipientKind.ENTERPRISE, caller.enterprise_id)
        case Role.TRAINING_CENTRE:
            addressed = _addressed_to(RecipientKind.DIVISION, CENTRE_ID)
        case _:
            addressed = and_(TO_AN_OFFICE, scope.within(notice.c.recipient_id, caller, on))
    return and_(addressed, SHOWN)


def inbox(session: Session, caller: Caller, filters: InboxFilters, on: date, page: PageArguments) -> Page:
    """The caller's own inbox, the newest first; its items are InboxItems."""
    mine = in_inbox_of(caller, on)
    # An index has each office's notices in order, and a page ends when it is full, whether few or most were read.
    if (offices := scope.each_below(caller, on)) is not None:
        mine = and_(TO_AN_OFFICE, notice.c.recipient_id == offices.c.code, SHOWN)
    wanted = select(notice.c.id).where(mine, *filters.contains(notice.c.created_at))
    if filters.kind is not None:
        wanted = wanted.where(notice.c.kind == filters.kind)
    if filters.unread is not None:
        wanted = wanted.where(~_is_read(caller) if filters.unread else _is_read(caller))
    found = paginate(session, wanted, [notice.c.id], page, descending=True, each_of=offices)
    rows = session.execute(_items(caller).where(notice.c.id.in_(found.items)).order_by(notice.c.id.desc()))
    return Page([InboxItem(**row) for row in rows.mappings()], found.next_cursor)


def inbox_item(session: Session, caller: Caller, notice_id: str, on: date) -> InboxItem:
    """One notice of the caller's inbox; NotFound if it is not there."""
    wanted = _items(caller).where(in_inbox_of(caller, on), notice.c.id == notice_id)
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound()
    return InboxItem(**row._mapping)


def _items(caller: Caller) -> Select[*tuple[object, ...]]:
    """All notices, with when the caller has read them."""
    return select(*ITEM).join_from(notice, reading, _by(caller), isouter=True)


def _is_read(caller: Caller) -> ColumnElement[bool]:
    """Whether the caller has read the notice.

    A value and no join: the database looks for it in an index before all else, so the thousands of notices that an
    office has read are passed over without a look at themselves.
    """
    return func.coalesce(select(true()).where(_by(caller)).scalar_subquery(), false())


def _by(caller: Caller) -> ColumnElement[bool]:
    """Whether a reading is the caller's, of this notice."""
    return and_(reading.c.notice_id == notice.c.id, reading.c.reader == literal(reader(caller)))


def _addressed_to(kind: RecipientKind, recipient_id: str | None) -> ColumnElement[bool]:
    return and_(notice.c.recipient_kind == kind, notice.c.recipient_id == literal(recipient_id, Text))
