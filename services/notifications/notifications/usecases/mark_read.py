"""A recipient marks a notice in its inbox as read."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.security import audit
from notifications.queries.inbox import in_inbox_of, reader
from notifications.storage import notice, reading
from programme.callers import Caller


def mark_read(session: Session, caller: Caller, notice_id: str, clock: Clock) -> None:
    """Marks a notice in the caller's inbox as read; a second time changes nothing. NotFound if it is not there."""
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
        audit.record(session, caller, "notice.read", notice_id, {"reader": reader(caller)}, clock)
