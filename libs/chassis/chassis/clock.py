"""The time, passed in wherever it is needed, so that a year can be played in a test or a demo.

Instants are aware datetimes in UTC. Days are days in Asia/Shanghai: a deadline ends when the day ends there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""

    def today(self) -> date:
        """The present day in Asia/Shanghai."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return day_of(self.now())


class OffsetClock(SystemClock):
    """The machine's clock moved by the seconds written in a file, which all local processes share.

    The file is read at each call: whoever moves the clock writes the file and every process follows.
    """

    def __init__(self, offset_file: Path) -> None:
        self.offset_file = offset_file

    def now(self) -> datetime:
        try:
            seconds = float(self.offset_file.read_text())
        except FileNotFoundError:
            seconds = 0.0
        return datetime.now(UTC) + timedelta(seconds=seconds)


class FixedClock(SystemClock):
    """A clock that stands still until it is moved; for tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Moves the clock forward by `timedelta(**by)`."""
        self.at += timedelta(**by)


def day_of(instant: datetime) -> date:
    """The day in Asia/Shanghai on which `instant` falls."""
    return instant.astimezone(SHANGHAI).date()
