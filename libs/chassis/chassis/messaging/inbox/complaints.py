"""Tells of events that failed without a line, and a stack, for each of ten thousand that fail for one reason."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import psycopg
from sqlalchemy.exc import DBAPIError

from chassis.errors import Transient
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.faults import SetAside, WrongContent
from chassis.messaging.inbox.reasons import Reason

log = logging.getLogger(__name__)

EVERY = 60  # seconds from one line about a reason to the next
MOST_REASONS = 200  # remembered; beyond that all are forgotten, and told anew

Key = tuple[str, str, str, object]


class Complaints:
    """What has been told of in this minute, by reason: the type of event, the fault, and where it was raised.

    What the database refuses is told apart by its code and constraint: one and the same is found at the statement, at
    the check before the end of a try, or at the commit.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._told: dict[Key, tuple[float, str]] = {}  # when, and of which event
        self._untold: dict[Key, int] = {}

    def tell(self, event: Envelope, fault: Exception, outcome: str) -> Reason:
        """Logs that `event` failed unless its like was told within a minute; gives the reason to park it with.

        The stack is in the log and in the row of the event that was told of; the others' rows name that one. Nothing is
        told of what was set aside untried.
        """
        if isinstance(fault, SetAside):
            return Reason(str(fault))
        key, now = _key(event, fault), self._now()
        told_at, told_of = self._told.get(key, (float("-inf"), ""))
        if now - told_at < EVERY:
            self._untold[key] = self._untold.get(key, 0) + 1
            return Reason.without_stack(fault, f"its stack is that of the event {told_of}, parked for the same reason")
        more = self._untold.pop(key, 0)
        if len(self._told) >= MOST_REASONS:
            self._told.clear()
            self._untold.clear()
        self._told[key] = (now, event.id)
        also = f"; {more} more for the same reason before it" if more else ""
        if isinstance(fault, Transient):
            log.info("%s %s waits for a next try: %s%s", event.type, event.id, fault, also)
        else:
            log.error("%s %s is parked (%s)%s", event.type, event.id, outcome, also, exc_info=fault)
        return Reason.of(fault)


def _key(event: Envelope, fault: BaseException) -> Key:
    return (event.type, type(fault).__name__, *_where(fault))


def _where(fault: BaseException) -> tuple[str, object]:
    if isinstance(fault, WrongContent):  # is found in two places, and is one reason
        return "", 0
    if isinstance(fault, DBAPIError) and isinstance(fault.orig, psycopg.Error):
        return str(fault.orig.sqlstate), fault.orig.diag.constraint_name
    place = fault.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return (place.tb_frame.f_code.co_filename, place.tb_lineno) if place else ("", 0)
