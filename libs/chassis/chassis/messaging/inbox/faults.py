"""What can go wrong with a handler, and whether a later try may go better."""

from __future__ import annotations

from chassis.data import is_contention, is_timeout, is_unavailable
from chassis.errors import Transient


class WrongContent(Exception):
    """The event's data does not fit what this service expects of its type."""


class HandlerTooSlow(Exception):
    """The handler took longer than it may."""

    def __init__(self, kind: str, seconds: float) -> None:
        """`kind`: the type of the events that it had in hand."""
        self.kind, self.seconds = kind, seconds
        super().__init__(f"{kind}: {seconds} seconds")


class SetAside(Transient):
    """Others of its type fail just now; it is tried in its turn, beside the inbox."""


def is_passing(fault: BaseException) -> bool:
    """Whether a later try may succeed without anybody's help."""
    return isinstance(fault, Transient | HandlerTooSlow) or is_contention(fault)


def is_of_the_moment(fault: BaseException) -> bool:
    """Whether the database could not do it now, and might do the very same later: away, busy or slow."""
    return is_unavailable(fault) or is_contention(fault) or is_timeout(fault)
