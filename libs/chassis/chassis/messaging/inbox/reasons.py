"""Why an event is parked, in words that the database can hold."""

from __future__ import annotations

import traceback
from typing import NamedTuple

LONGEST_DETAIL = 8000  # characters of a stack
LONGEST_REASON = 500
LONE_TRY = "it was in hand when the process died, or the broker gave it up; it gets one try by itself"


class Reason(NamedTuple):
    """Why an event is parked: a line, and the stack that led to it."""

    reason: str
    detail: str | None = None

    @classmethod
    def of(cls, fault: BaseException) -> Reason:
        """What a person needs to see of `fault`, without what the database can't hold."""
        stack = "".join(traceback.format_exception(fault))
        return cls.without_stack(fault, stack[-LONGEST_DETAIL:])

    @classmethod
    def without_stack(cls, fault: BaseException, detail: str) -> Reason:
        """The line alone, and `detail`."""
        return cls(storable(f"{type(fault).__name__}: {fault}"[:LONGEST_REASON]), storable(detail))


def storable(line: str) -> str:
    """`line` without what the database's texts can't hold: NUL, and halves of surrogate pairs."""
    return line.replace("\x00", "").encode("utf-8", "backslashreplace").decode()
