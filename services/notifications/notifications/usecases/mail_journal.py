"""The mail server's journal is read: each message once, and what is read is kept as a digest."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import settings as chassis
from notifications.adapters.mail.journal import Journal
from notifications.config import Settings
from notifications.storage import mail_taken

AT_ONCE = 500  # messages in one step
POSITION = select(func.coalesce(func.max(mail_taken.c.name), ""))


def read_more(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """Reads some messages of the journal, if there is one; returns how many, with those forgotten that are too old."""
    assert isinstance(settings, Settings)
    if settings.mail_journal is None:
        return 0
    return read(session, now, settings.mail_journal) or _forget(session, now - timedelta(days=settings.notice_days))


def read(session: Session, now: datetime, folder: Path) -> int:
    """Reads the next messages of the journal; returns how many."""
    journal = Journal(folder)
    names = journal.after(session.scalars(POSITION).one(), AT_ONCE)
    rows = [{**vars(found), "read_at": now} for name in names if (found := journal.read(name)) is not None]
    if rows:
        session.execute(insert(mail_taken).on_conflict_do_nothing(), rows)
    return len(names)


def _forget(session: Session, before: datetime) -> int:
    """Forgets messages as old as the notices that are kept no more; but not the last, which is the position."""
    old = select(mail_taken.c.name).where(mail_taken.c.read_at < before, mail_taken.c.name < POSITION.scalar_subquery())
    gone = delete(mail_taken).where(mail_taken.c.name.in_(old.limit(AT_ONCE))).returning(mail_taken.c.name)
    return len(session.scalars(gone).all())
