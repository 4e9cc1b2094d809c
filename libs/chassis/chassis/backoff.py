"""The wait before the next try of something that failed: growing, jittered, and never long."""

from __future__ import annotations

import random

LONGEST_WAIT = 2.0  # seconds between two tries, however long the broker or the database has been away


def back_off(failures: int) -> float:
    """Seconds to wait after the n-th failure in a row: growing, jittered, at most LONGEST_WAIT."""
    longest: float = min(LONGEST_WAIT, 0.2 * 2 ** min(failures, 10))
    return longest * random.uniform(0.5, 1.0)
