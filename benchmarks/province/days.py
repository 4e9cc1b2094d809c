"""The days of the history: the first, the last, and how instants of a day are written."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta

FIRST, LAST = date(2020, 1, 6), date(2026, 10, 30)  # both Jilin's working days
ONE_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
NOW = datetime.combine(LAST, time(4), UTC)  # noon in Jilin: when the services look at it


def instant(day: date, second: int) -> str:
    """A moment of the working morning of `day` in Jilin, `second` seconds after nine, for a timestamptz column."""
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{day.isoformat()}T{1 + hours:02d}:{minutes:02d}:{seconds:02d}+00:00"


def moment(at: str) -> datetime:
    """The moment that a text of `instant` names."""
    return datetime.fromisoformat(at)


def as_text(at: datetime) -> str:
    """An instant as `instant` writes it, so that the two compare as texts."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def end_of_term(first_day: date, months: int) -> date:
    """The last day of a certificate's term, as training reckons it."""
    year, month = divmod(first_day.year * 12 + first_day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    day = date(year, month + 1, min(first_day.day, last))
    return day - ONE_DAY if day.day == first_day.day else day
