"""A recipient's own inbox: what is in it, and the mark that it was read."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Text, and_, exists, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.security import audit
from notifications.domain.announcements import DIVISION, ENTERPRISE, PERSON
from notifications.domain.notice import INBOX, SENT
from notifications.storage import delivery, notice, reading
from programme import scope
from programme.callers import Caller


def reader(caller: Caller) -> str:
    """Who marks a notice as read: the person, the enterprise or the office, whoever of its staff it was."""
    own = {"cqo": caller.person_id, "enterprise": caller.enterprise_id, "division": caller.division}
    return f"{caller.role}:{own.get(caller.role) or ''}"


def in_inbox_of(caller: Caller, on: date) -> ColumnElement[bool]:
    """The notices shown in the caller's inbox: its own, or for staff those to its division and the ones below it."""
    shown = exists().where(delivery.c.notice_id == notice.c.id, delivery.c.channel == INBOX, delivery.c.state == SENT)
    own = {"cqo": (PERSON, caller.person_id), "enterprise": (ENTERPRISE, caller.enterprise_id)}
    if caller.role in own:
        kind, recipient_id = own[caller.role]
        addressed = and_(notice.c.recipient_kind == kind, notice.c.recipient_id == literal(recipient_id, Text))
    else:
        addressed = and_(notice.c.recipient_kind == DIVISION, scope.within(notice.c.recipient_id, caller, on))
    return and_(addressed, shown)


def mark_read(session: Session, caller: Caller, notice_id: str, clock: Clock) -> None:
    """Marks a notice in the caller's inbox as read; a second time changes nothing."""
    visible = select(notice.c.id).where(notice.c.id == notice_id, in_inbox_of(caller, clock.today()))
    if session.scalar(visible) is None:
        raise NotFound()
    marked = session.scalar(
        insert(reading)
        .values(notice_id=notice_id, reader=reader(caller), read_at=clock.now())
        .on_conflict_do_nothing()
        .returning(reading.c.notice_id)
    )
    if marked is not None:
        audit.record(session, caller, "notice.read", f"notice:{notice_id}", {"reader": reader(caller)}, clock)
