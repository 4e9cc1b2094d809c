"""Entering a year's holidays, by which working days are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.security import audit
from programme.callers import Caller
from registry import storage
from registry.domain.working_days import CalendarYear
from registry.usecases.access import one_at_a_time

YEARS = select(CalendarYear).order_by(storage.calendar_year.c.year)


@dataclass(frozen=True, kw_only=True)
class EnterCalendar:
    """Enter the days off among Monday to Friday and the worked weekends of a year, as its document names them."""

    year: int
    days_off: list[date]
    days_worked: list[date]
    document: str


def enter(session: Session, caller: Caller, command: EnterCalendar, clock: Clock) -> CalendarYear:
    """Enters a year, or enters it anew; what was decided by it before stays decided."""
    one_at_a_time(session, "calendar")
    entered = CalendarYear(
        command.year,
        sorted(day.isoformat() for day in command.days_off),
        sorted(day.isoformat() for day in command.days_worked),
        command.document,
        clock.today(),
    )
    found = session.merge(entered)
    details = {"document": command.document, "days_off": entered.days_off, "days_worked": entered.days_worked}
    audit.record(session, caller, "calendar.entered", str(command.year), details, clock)
    return found


def years(session: Session) -> list[CalendarYear]:
    """The years that are known."""
    return list(session.scalars(YEARS))
