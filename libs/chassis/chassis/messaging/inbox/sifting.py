"""Applies what can be applied of a batch that failed, and finds out which events can't be.

One transaction for all, a savepoint for each part of it: a part that fails is divided until the events that fail stand
alone. Events whose data are of the wrong form are found without any of that. Where too many fail, the rest of their
type is set aside.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.data import is_contention, is_unavailable
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.applying import Applier, BatchResult, Handler
from chassis.messaging.inbox.faults import HandlerTooSlow, SetAside, WrongContent
from chassis.messaging.inbox.patience import Patience

PARTS = 8  # into which a part that failed is divided
# A constraint that is deferred would else speak up at the commit, and for no event in particular.
CHECK_CONSTRAINTS = text("SET CONSTRAINTS ALL IMMEDIATE")


class Failure(NamedTuple):
    """An event that could not be applied, and why."""

    event: Envelope
    fault: Exception


def sift(
    session: Session, applier: Applier, events: Iterable[Envelope], patience: Patience
) -> tuple[BatchResult, list[Failure]]:
    """Applies `events` but those that fail; these are left to be parked, and after them what was not to be applied.

    Among those that fail are the ones that were not tried, with the fault SetAside.
    Raises what leaves no transaction to go on with: the database away, a deadlock, a handler that took too long.
    """
    result = applier.sort_out(session, events)
    failures: list[Failure] = []
    failed_at: dict[str, int] = {}
    applied: list[Envelope] = []
    for handler, run in applier.runs(result.applied):
        free = [event for event in run if event.aggregate not in failed_at]
        found = list(try_each(session, handler, free, patience, len(free)))
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
        del result.versions[aggregate], result.ids[aggregate]
    for event in sorted((*result.applied, *result.moved), key=lambda event: event.sequence):
        result.versions[event.aggregate], result.ids[event.aggregate] = event.sequence, event.id


def try_each(
    session: Session, handler: Handler, events: Sequence[Envelope], patience: Patience, together: int
) -> Iterator[Failure]:
    """Applies `events`, all of one type and none after another of its aggregate, but those that fail; gives these.

    So many are tried `together`, and divided where that fails.
    """
    wrong = {} if events and patience.is_out(events[0].type) else handler.wrong(events)
    for place, messages in wrong.items():
        yield Failure(events[place], WrongContent(f"{events[place].type}: {messages}"))
    readable = [event for place, event in enumerate(events) if place not in wrong]
    for first in range(0, len(readable), max(1, together)):
        yield from _divide(session, handler, readable[first : first + together], patience)


def _divide(session: Session, handler: Handler, events: Sequence[Envelope], patience: Patience) -> Iterator[Failure]:
    if not events:
        return
    if patience.is_out(events[0].type):
        yield from (Failure(event, SetAside()) for event in events)
        return
    started = time.monotonic()
    try:
        with session.begin_nested():
            handler(session, events)
            session.flush()
            session.execute(CHECK_CONSTRAINTS)
        return
    except HandlerTooSlow:
        raise  # the transaction is gone with it
    except Exception as fault:
        if is_unavailable(fault) or is_contention(fault):
            raise
        patience.spend(events[0].type, time.monotonic() - started)
        if len(events) == 1:
            yield Failure(events[0], fault)
            return
    size = -(-len(events) // PARTS)
    for first in range(0, len(events), size):
        yield from _divide(session, handler, events[first : first + size], patience)
