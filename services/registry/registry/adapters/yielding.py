"""Long work beside others: a loop without a statement in it hands the processor over now and then."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import eventlet

TURN = 0.01  # seconds of work between two turns for others

ItemT = TypeVar("ItemT")


def in_turns(items: Iterable[ItemT]) -> Iterator[ItemT]:
    """The same items; other requests go on in between."""
    began = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - began > TURN:
            eventlet.sleep(0)
            began = time.perf_counter()
