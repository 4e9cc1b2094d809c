"""When loops look again: all of a process at the same moments, so that one with nothing to do wakes once for them all.

The first look after a rest finds the processor's caches cold, and takes several times as long as the next.
"""

from __future__ import annotations

import random
import time

IDLE_AFTER = 10.0  # seconds without anything to do
# Where in each interval this process looks: those of one machine need not all wake at one moment.
_PHASE = random.uniform(0, 60)


def to_next(seconds: float) -> float:
    """Seconds until the next of the moments that are `seconds` apart."""
    return seconds - (time.monotonic() + _PHASE) % seconds


class Rest:
    """How long a loop rests that has found nothing to do: longer when it has found nothing for a while."""

    def __init__(self, seconds: float, idle_seconds: float) -> None:
        self.seconds, self.idle_seconds = seconds, idle_seconds
        self._found_at = time.monotonic()

    def note_work(self) -> None:
        """There was something to do."""
        self._found_at = time.monotonic()

    def left(self) -> float:
        """Seconds until the next look."""
        is_idle = time.monotonic() - self._found_at > IDLE_AFTER
        return to_next(self.idle_seconds if is_idle else self.seconds)


class Interval:
    """Something that is done once in each interval of so many seconds, by a loop that looks more often."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._next = 0.0

    def is_over(self) -> bool:
        """Whether it is time; if so, the next interval begins."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + to_next(self.seconds)
        return True

    def begin_with(self, seconds: float) -> None:
        """Is over in `seconds`, whatever it is else."""
        self._next = time.monotonic() + seconds
