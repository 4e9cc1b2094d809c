"""Which days are worked: the year as somebody entered it, else as the library has it, else Monday to Friday.

The library chinesecalendar follows the State Council's notice of each year, which comes in November for the year after.
A year that neither knows is taken for one without holidays: that is said in the log, by a metric, and in a dry run.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from functools import cached_property

import chinese_calendar
from chinese_calendar.constants import holidays
from prometheus_client import Gauge
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.storage import calendar_year

log = logging.getLogger(__name__)

SATURDAY = 5
YEARS = select(calendar_year.c.year, calendar_year.c.days_off, calendar_year.c.days_worked)
KNOWN_BY_LIBRARY = frozenset(day.year for day in holidays)

unknown_year = Gauge(
    "cqo_calendar_unknown_year", "1 for each year that was counted in without its holidays being known.", ["year"]
)
WARNED_OF: set[int] = set()  # by this process; the metric says the rest


class WorkingDays:
    """The calendar, read from the database when it is first asked."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.unknown_years: set[int] = set()  # that were asked for

    def is_working(self, day: date) -> bool:
        """Whether that day is worked."""
        entered = self.entered.get(day.year)
        is_weekday = day.weekday() < SATURDAY
        if entered is not None:
            days_off, days_worked = entered
            return day not in days_off if is_weekday else day in days_worked
        if day.year in KNOWN_BY_LIBRARY:
            return bool(chinese_calendar.is_workday(day))
        self._warn_of(day.year)
        return is_weekday

    @cached_property
    def entered(self) -> Mapping[int, tuple[frozenset[date], frozenset[date]]]:
        """The days off and the worked weekends of each year that was entered."""
        return {row.year: (_days(row.days_off), _days(row.days_worked)) for row in self.session.execute(YEARS)}

    def _warn_of(self, year: int) -> None:
        self.unknown_years.add(year)
        if year not in WARNED_OF:
            WARNED_OF.add(year)
            unknown_year.labels(year).set(1)
            log.warning("the holidays of %d are not known: Monday to Friday is taken for worked; POST /calendar", year)


def _days(texts: list[str]) -> frozenset[date]:
    return frozenset(map(date.fromisoformat, texts))
