"""The years whose holidays somebody entered (`programme.calendars`)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import storage
from registry.domain.working_days import CalendarYear

YEARS = select(CalendarYear).order_by(storage.calendar_year.c.year)


def years(session: Session) -> list[CalendarYear]:
    """The years that are known."""
    return list(session.scalars(YEARS))
