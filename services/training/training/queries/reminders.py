"""The reminders that were due before certificates ended, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, DateTime, Text, and_, case, cast, func, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from chassis.due import due
from chassis.http import Page, PageArguments, paginate
from chassis.messaging.outbox import outbox
from training import storage
from training.usecases.expiry import REMINDER


@dataclass(frozen=True)
class ReminderFilters:
    """From which day to which; None leaves the first open, and makes the last today."""

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class ReminderDue:
    """A reminder that was due on a day, its state, and the event that announced it."""

    key: str
    certificate_id: str
    days_left: int
    due_on: date
    state: str  # planned, done, cancelled or superseded
    event_id: str | None
    replaced_by: str | None  # of a superseded one, the event that the holder was told instead
    replaced_by_type: str | None


def list_reminders_due(session: Session, filters: ReminderFilters, today: date, page: PageArguments) -> Page:
    """Every expiry reminder that was due by a day; the page's items are ReminderDue.

    A due row may be settled without a reminder where the certificate had ended by then: its end was announced instead.
    What replaced a reminder is the first that was announced of the certificate's term from the reminder's day on.
    """
    sent = storage.expiry_reminder.c
    overtaken = and_(due.c.state == "done", sent.event_id.is_(None))
    state = case((overtaken, "superseded"), else_=due.c.state)
    instead = _announced_instead(state)
    wanted = (
        select(
            due.c.key,
            due.c.payload["certificate_id"].astext.label("certificate_id"),
            cast(due.c.payload["days_left"].astext, sent.days_left.type).label("days_left"),
            due.c.due_on,
            state.label("state"),
            sent.event_id,
            instead.c.replaced_by,
            instead.c.replaced_by_type,
        )
        .join(storage.expiry_reminder, sent.due_key == due.c.key, isouter=True)
        .join(instead, true(), isouter=True)
        .where(due.c.kind == REMINDER, due.c.due_on <= (filters.until or today))
    )
    if filters.since is not None:
        wanted = wanted.where(due.c.due_on >= filters.since)
    found = paginate(session, wanted, [due.c.due_on, due.c.id], page)
    return replace(found, items=[ReminderDue(**row) for row in found.items])


def _announced_instead(state: ColumnElement[str]) -> LateralFromClause:
    """The event that a superseded reminder gave way to: a tighter reminder, or what ended or renewed the term."""
    began = func.timezone("Asia/Shanghai", cast(due.c.due_on, DateTime))
    return (
        select(cast(outbox.c.id, Text).label("replaced_by"), outbox.c.type.label("replaced_by_type"))
        .where(
            state == "superseded",
            outbox.c.aggregate_type == "certificate",
            outbox.c.aggregate_id == due.c.payload["certificate_id"].astext,
            outbox.c.occurred_at >= began,
        )
        .order_by(outbox.c.aggregate_version)
        .limit(1)
        .lateral("instead")
    )
