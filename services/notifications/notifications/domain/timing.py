"""When notices may go out: not in the quiet hours, and by some channels on working days only.

Which moment is allowed is judged by the programme's clock, as days are; that a letter then waits is real time, as all
waits are. What is shown in an inbox is shown at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from notifications.domain.notice import Channel

SHANGHAI = timezone(timedelta(hours=8))  # without summer time since 1991
ONE_DAY = timedelta(days=1)
LOOKS_AHEAD = 60  # days; no holiday is as long

IsWorkingDay = Callable[[date], bool]


@dataclass(frozen=True)
class Timing:
    """Quiet from one time of the day until another, over midnight or not; None where there are no quiet hours."""

    quiet_from: time | None
    quiet_until: time | None
    working_days_only: frozenset[Channel]
    digest_at: time  # at which gathered letters go out

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Timing:  # Any: JSON's values
        """The timing that a rule set's `timing` says."""
        start, end = (
            time.fromisoformat(given[name]) if given[name] else None for name in ("quiet_from", "quiet_until")
        )
        return cls(
            start, end, frozenset(map(Channel, given["working_days_only"])), time.fromisoformat(given["digest_at"])
        )

    def asks_for_working_days(self, channel: Channel) -> bool:
        """Whether the calendar has to be asked when something goes by `channel`."""
        return channel in self.working_days_only

    def next_allowed(self, channel: Channel, at: datetime, is_working_day: IsWorkingDay) -> datetime:
        """The first moment, not before `at`, at which something may go by `channel`."""
        if channel == Channel.IN_APP:
            return at
        moment = at.astimezone(SHANGHAI)
        last = moment + LOOKS_AHEAD * ONE_DAY
        while moment < last:
            end = self._end_of_quiet(moment)
            if end is not None:
                moment = end
            elif self.asks_for_working_days(channel) and not is_working_day(moment.date()):
                moment = _start_of(moment.date() + ONE_DAY)
            else:
                return moment.astimezone(at.tzinfo)
        return at  # a calendar without any working day holds nothing up

    def next_digest(self, channel: Channel, at: datetime, is_working_day: IsWorkingDay) -> datetime:
        """When what is gathered from `at` on goes out."""
        moment = at.astimezone(SHANGHAI)
        first = _at(moment.date(), self.digest_at)
        return self.next_allowed(channel, first if first > moment else first + ONE_DAY, is_working_day)

    def _end_of_quiet(self, moment: datetime) -> datetime | None:
        """The end of the quiet hours in which `moment` lies; None if it lies in none."""
        start, end = self.quiet_from, self.quiet_until
        if start is None or end is None:
            return None
        clock, today = moment.timetz().replace(tzinfo=None), moment.date()
        if start < end:
            return _at(today, end) if start <= clock < end else None
        if clock >= start:
            return _at(today + ONE_DAY, end)
        return _at(today, end) if clock < end else None


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI)


def _start_of(day: date) -> datetime:
    return _at(day, time.min)


def working_day_after(day: date, number: int, is_working_day: IsWorkingDay) -> date:
    """The last of `number` working days after `day`, which itself does not count."""
    left = number
    for later in _days_after(day):
        left -= is_working_day(later)
        if not left:
            break
    return later


def opening_days_of(due_on: date, number: int, is_working_day: IsWorkingDay) -> list[date]:
    """The days after which `due_on` is the last of `number` working days: two or more where a holiday lies between."""
    if not is_working_day(due_on):
        return []
    found, left, day = list[date](), number, due_on
    while left >= 0 and (due_on - day).days < 3 * number + LOOKS_AHEAD:
        left -= is_working_day(day)
        day -= ONE_DAY
        if left == 0:
            found.append(day)
    return found


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += ONE_DAY
        yield day
