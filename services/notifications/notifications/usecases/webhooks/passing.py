"""What is kept of deliveries by webhook for a time only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.orm import Session

from chassis import settings as chassis
from notifications.config import Settings
from notifications.storage import subscriber_letter, webhook_errand, webhook_key, webhook_log, webhook_sum

AT_ONCE = 1000  # rows in one step


def forget_log(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """Removes some of the log, errands, ended keys, sums and letters whose time has passed; returns how many."""
    assert isinstance(settings, Settings)
    logged, noticed = (now - timedelta(days=days) for days in (settings.webhook_log_days, settings.notice_days))
    return (
        _forget(session, webhook_log, webhook_log.c.written_at < logged)
        or _forget(session, webhook_errand, webhook_errand.c.asked_at < logged)
        or _forget(session, webhook_key, webhook_key.c.ends_at < logged)
        or _forget(session, webhook_sum, webhook_sum.c.day < noticed.date())
        or _forget(session, subscriber_letter, subscriber_letter.c.written_at < noticed)
    )


def _forget(session: Session, table: Table, is_past: ColumnElement[bool]) -> int:
    keys = list(table.primary_key)
    some = select(*keys).where(is_past).limit(AT_ONCE).subquery()
    same = [key == some.c[key.name] for key in keys]
    gone = delete(table).where(*same).returning(keys[0])
    return len(session.scalars(gone).all())
