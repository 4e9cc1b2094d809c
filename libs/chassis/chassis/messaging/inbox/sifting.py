"""Applies what can be applied of a batch that failed, and finds out which events can't be.

One transaction for all, a savepoint for each part of it: a part that fails is divided until the events that fail stand
alone. Events whose data are of the wrong form are found without any of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from chassis.data import is_contention, is_unavailable
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.applying import Applier, BatchResult, Handler
from chassis.messaging.inbox.faults import HandlerTooSlow, WrongContent

PARTS = 8  # into which a part that failed is divided


class Failure(NamedTuple):
    """An event that could not be applied, and why."""

    event: Envelope
    fault: Exception


def sift(session: Session, applier: Applier, events: Iterable[Envelope]) -> tuple[BatchResult, list[Failure]]:
    """Applies `events` but those that fail; these are left to be parked, and after them what comes too early.

    Raises what leaves no transaction to go on with: the database away, a deadlock, a handler that took too long.
    """
    result = applier.sort_out(session, events)
    failures: list[Failure] = []
    failed_at: dict[str, int] = {}
    applied: list[Envelope] = []
    for handler, run in applier.runs(result.applied):
        free = [event for event in run if event.aggregate not in failed_at]
        found = list(_try(session, handler, free))
        failures += found
        failed_at |= {failure.event.aggregate: failure.event.sequence for failure in found}
        applied += [event for event in free if event.aggregate not in failed_at]
    _hold_back(result, failed_at, applied)
    applier.note(session, result)
    return result, failures


def _hold_back(result: BatchResult, failed_at: dict[str, int], applied: list[Envelope]) -> None:
    """Puts right what `result` says of the aggregates with a failed event: nothing after that one was applied."""
    came = [*result.applied, *result.moved]
    result.applied = applied
    result.moved = [
        event for event in result.moved if event.sequence < failed_at.get(event.aggregate, event.sequence + 1)
    ]
    result.early += [event for event in came if event.sequence > failed_at.get(event.aggregate, event.sequence)]
    for aggregate in failed_at:
        del result.versions[aggregate]
    for event in (*result.applied, *result.moved):
        result.versions[event.aggregate] = max(event.sequence, result.versions.get(event.aggregate, 0))


def _try(session: Session, handler: Handler, events: Sequence[Envelope]) -> Iterable[Failure]:
    """Applies `events` but those that fail; gives these."""
    wrong = handler.wrong(events)
    for place, messages in wrong.items():
        yield Failure(events[place], WrongContent(f"{events[place].type}: {messages}"))
    yield from _divide(session, handler, [event for place, event in enumerate(events) if place not in wrong])


def _divide(session: Session, handler: Handler, events: Sequence[Envelope]) -> Iterable[Failure]:
    if not events:
        return
    try:
        with session.begin_nested():
            handler(session, events)
            session.flush()
        return
    except HandlerTooSlow:
        raise  # the transaction is gone with it
    except Exception as fault:
        if is_unavailable(fault) or is_contention(fault):
            raise
        if len(events) == 1:
            yield Failure(events[0], fault)
            return
    size = -(-len(events) // PARTS)
    for first in range(0, len(events), size):
        yield from _divide(session, handler, events[first : first + size])
