"""Waiting for a condition, which is what tests do instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
# Deadlines are for a free machine. One that is slow, or busy with other tests, has so many times as long: what passes
# ends no later by it.
PATIENCE = 3


def wait_for(predicate: Callable[[], Found], timeout: float = 30, interval: float = 0.02) -> Found:
    """What `predicate` gave once that was true; AssertionError if it was not within PATIENCE × `timeout` seconds."""
    timeout *= PATIENCE
    deadline = time.monotonic() + timeout
    while not (found := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {timeout} s, but still {found!r}")
        time.sleep(interval)
    return found
