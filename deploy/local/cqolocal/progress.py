"""How far something has come that takes long: a line that renews itself on a terminal, else a line now and then.

Imports the standard library only.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from cqolocal.language import tr

EVERY = 5.0  # seconds between two lines where nothing can be renewed
CLEAR = "\r\x1b[K"
MB = 1_000_000

_drawing = threading.Lock()


def clear(stream: TextIO) -> None:
    """Takes a half-drawn line of progress away, before something else is said on a terminal."""
    if stream.isatty():
        stream.write(CLEAR)
        stream.flush()


class Progress:
    """Shows how much of `what` is there; called with bytes. `say` prints a line where there is no terminal."""

    def __init__(self, what: str, say: Callable[[str], None], stream: TextIO | None = None) -> None:
        self.what, self.say, self.stream = what, say, stream or sys.stderr
        self.begun = time.monotonic()
        self.told = self.begun

    def __call__(self, there: int, total: int | None) -> None:
        now = time.monotonic()
        if self.stream.isatty():
            with _drawing:
                self.stream.write(f"{CLEAR}{self._line(there, total, now)}\r")
                self.stream.flush()
        elif now - self.told >= EVERY:
            self.told = now
            self.say(self._line(there, total, now))

    def _line(self, there: int, total: int | None, now: float) -> str:
        seconds = f"{now - self.begun:.0f}"
        if not there and not total:
            return tr("{what}: {seconds} s", what=self.what, seconds=seconds)
        if not total:
            return tr("{what}: {there} MB, {seconds} s", what=self.what, there=there // MB, seconds=seconds)
        # What is measured on the disk may come to a little more than was expected.
        return tr(
            "{what}: {there} of {total} MB, {seconds} s",
            what=self.what,
            there=min(there, total) // MB,
            total=total // MB,
            seconds=seconds,
        )
