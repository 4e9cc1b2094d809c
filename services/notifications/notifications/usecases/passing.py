"""Notices pass: with their cause, their deliveries and who has read them, some hundred days after the event."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, and_, cast, delete, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import settings as chassis
from notifications.config import Settings
from notifications.domain.conditions import MatterKind
from notifications.domain.notice import State
from notifications.storage import cause, cause_passed, delivery, matter, notice, reading

AT_ONCE = 300  # causes in one step, some thousand rows with all that hangs on them

IN_HAND = exists().where(
    notice.c.cause_id == cause.c.id,
    delivery.c.notice_id == notice.c.id,
    delivery.c.state.in_((State.PENDING, State.SENDING)),
)


def forget_notices(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """Removes some causes from before the kept days, with their notices; returns how many.

    How many of each type have gone is kept, so that the proof still counts all that was ever received.
    """
    assert isinstance(settings, Settings)
    oldest = now - timedelta(days=settings.notice_days)
    passed = select(cause.c.id).where(cause.c.occurred_at < oldest, ~IN_HAND)
    passed = passed.order_by(cause.c.occurred_at).limit(AT_ONCE).with_for_update(skip_locked=True)
    ids = session.scalars(passed).all()
    if not ids:
        return 0
    notices = select(notice.c.id).where(notice.c.cause_id.in_(ids)).scalar_subquery()
    for table in (reading, delivery):
        session.execute(delete(table).where(table.c.notice_id.in_(notices)))
    session.execute(delete(notice).where(notice.c.cause_id.in_(ids)))
    gone = select(cause.c.type, cast(func.count(), BigInteger)).where(cause.c.id.in_(ids)).group_by(cause.c.type)
    counted = insert(cause_passed).from_select(["type", "number"], gone)
    more = cause_passed.c.number + counted.excluded.number
    session.execute(counted.on_conflict_do_update(index_elements=["type"], set_={"number": more}))
    session.execute(delete(cause).where(cause.c.id.in_(ids)))
    return len(ids)


def forget_matters(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """Removes some matters that were put right before the kept days, and nominations from before; returns how many.

    A nomination stands until its class, which says nothing here; what it was kept for has then long been sent.
    """
    assert isinstance(settings, Settings)
    oldest = (now - timedelta(days=settings.notice_days)).date()
    is_over = or_(
        matter.c.closed_on < oldest, and_(matter.c.kind == MatterKind.NOMINATION, matter.c.opened_on < oldest)
    )
    some = select(matter.c.kind, matter.c.subject).where(is_over).limit(AT_ONCE)
    gone = delete(matter).where(tuple_(matter.c.kind, matter.c.subject).in_(some))
    return len(session.scalars(gone.returning(matter.c.subject)).all())
