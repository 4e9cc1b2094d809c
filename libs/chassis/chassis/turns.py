"""Long work beside others: a loop without a statement in it hands the processor over now and then."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import eventlet

TURN = 0.01  # seconds of work between two turns for others

ItemT = TypeVar("ItemT")


def in_parts(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    """The same items, `size` at most at once; others of the process go on in between."""
    for first in range(0, len(items), size):
        if first:
            eventlet.sleep(0)
        yield items[first : first + size]


def in_turns(items: Iterable[ItemT], turn: float = TURN) -> Iterator[ItemT]:
    """The same items; others of the process go on in between, after `turn` seconds of work each."""
    began = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - began > turn:
            eventlet.sleep(0)
            began = time.perf_counter()
