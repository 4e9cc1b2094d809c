"""Loops that go on until their worker stops, whatever is raised in them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from chassis import broker
from chassis.backoff import LONGEST_WAIT, back_off
from chassis.data import is_unavailable
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)


def is_outage(fault: BaseException) -> bool:
    """Whether `fault` says that the broker or the database can't be reached just now."""
    return isinstance(fault, broker.LOST) or is_unavailable(fault)


def repeat(turn: Callable[[], object], what: str, stop: StopSignal) -> None:
    """Calls `turn` until `stop` is given; waits a little longer after each failure in a row.

    No exception leaves it, since nameko would take the worker down. `what` begins the sentence that is logged:
    "reading the inbox was interrupted: …".
    """
    failures = 0
    while not stop.is_given:
        started = time.monotonic()
        try:
            turn()
            failures = 0
        except Exception as fault:
            log.warning("%s was interrupted: %s", what, fault, exc_info=None if is_outage(fault) else fault)
            # A turn that went well for a while before it failed is no failure in a row.
            failures = failures + 1 if time.monotonic() - started < LONGEST_WAIT else 1
            stop.wait(back_off(failures))
