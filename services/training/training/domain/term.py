"""How long a certificate's term runs."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later; where that month is shorter, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def end_of_term(first_day: date, months: int) -> date:
    """The last day of a term that begins on `first_day`.

    It is the day before the same day `months` later. Where that month has no such day, it is that month's last day, so
    that a term begun on 29 February is not a day short.
    """
    same_day = add_months(first_day, months)
    return same_day - ONE_DAY if same_day.day == first_day.day else same_day
