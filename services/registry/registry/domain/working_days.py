"""Working days: Monday to Friday, but for the days off and the worked weekends that are named for each year.

Those of 2024 to 2026 came with migration 0017. They are day for day those of the package chinesecalendar 1.11.0, and
rest on the State Council's notices of 2023-10-25, 2024-11-12 and 2025-11-04. The province enters later years.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

SATURDAY = 5


@dataclass
class CalendarYear:
    """A year's days off among Monday to Friday, and its worked Saturdays and Sundays, as 2026-10-01; by a document."""

    year: int
    days_off: list[str]
    days_worked: list[str]
    document: str
    entered_on: date


@dataclass(frozen=True)
class LastDay:
    """The last of so many working days, and the years on the way of which only the weekends are known."""

    day: date
    unknown_years: tuple[int, ...]


def last_working_day(after: date, number: int, years: Iterable[CalendarYear]) -> LastDay:
    """The last of `number` working days after the day `after`, which itself does not count."""
    known = {each.year: each for each in years}
    day, left, unknown = after, number, set[int]()
    while left:
        day += timedelta(days=1)
        year = known.get(day.year)
        if year is None:
            unknown.add(day.year)
        left -= _is_worked(day, year)
    return LastDay(day, tuple(sorted(unknown)))


def _is_worked(day: date, year: CalendarYear | None) -> bool:
    if day.weekday() >= SATURDAY:
        return year is not None and day.isoformat() in year.days_worked
    return year is None or day.isoformat() not in year.days_off
