"""The time, passed in wherever it is needed, so that a year can be played in a test or a demo.

Instants are aware datetimes in UTC. Days are days in Asia/Shanghai: a deadline ends when the day ends there.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    may_be_moved: ClassVar[bool]

    @property
    def was_moved(self) -> bool:
        """Whether somebody has moved it so far."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""

    def today(self) -> date:
        """The present day in Asia/Shanghai."""


class SystemClock:
    """The machine's clock."""

    may_be_moved: ClassVar[bool] = False

    @property
    def was_moved(self) -> bool:
        return False

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return day_of(self.now())


class OffsetClock(SystemClock):
    """The machine's clock moved by the seconds written in a file, which all local processes share.

    Each call looks whether the file is another one by now: whoever moves the clock puts a new file in its place, and
    every process follows.
    """

    may_be_moved: ClassVar[bool] = True

    def __init__(self, offset_file: Path) -> None:
        self.offset_file = offset_file
        self._file: tuple[int, int] | None = None
        self._offset = timedelta()

    @property
    def was_moved(self) -> bool:
        return self.offset_file.exists()

    def now(self) -> datetime:
        try:
            found = os.stat(self.offset_file)
        except FileNotFoundError:
            return super().now()
        if self._file != (found.st_ino, found.st_mtime_ns):
            self._offset = timedelta(seconds=float(self.offset_file.read_text()))
            self._file = found.st_ino, found.st_mtime_ns
        return super().now() + self._offset


class FixedClock(SystemClock):
    """A clock that stands still until it is moved; for tests."""

    may_be_moved: ClassVar[bool] = True

    def __init__(self, at: datetime) -> None:
        self.at = at

    @property
    def was_moved(self) -> bool:
        return True

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Moves the clock forward by `timedelta(**by)`."""
        self.at += timedelta(**by)


def day_of(instant: datetime) -> date:
    """The day in Asia/Shanghai on which `instant` falls."""
    return instant.astimezone(SHANGHAI).date()
