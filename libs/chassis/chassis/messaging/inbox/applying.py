"""Applies batches of events. One transaction: lock the aggregates' cursors, apply what is next, move the cursors.

A version at or below the cursor is a duplicate, unless it is the cursor's with another id; cursor + 1 is applied; a
later one is parked until its predecessor has come. Events without a handler only move the cursor.
"""

from __future__ import annotations

import functools
import inspect
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import eventlet
from marshmallow import ValidationError
from sqlalchemy import Text, TextClause, bindparam, func, literal, select, text
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from chassis.messaging.envelope import Envelope, JsonObject
from chassis.messaging.inbox.arrays import NUMBERS, TEXTS
from chassis.messaging.inbox.conflicts import Conflict, conflict, park_conflicts
from chassis.messaging.inbox.cursors import KEYS, Cursor, lock_whole_cursors, move_cursors
from chassis.messaging.inbox.deliveries import TURN
from chassis.messaging.inbox.faults import HandlerTooSlow, WrongContent
from chassis.messaging.inbox.listening import Listener, heard
from chassis.messaging.inbox.parking import park_early
from chassis.messaging.inbox.records import RecordReader
from chassis.messaging.inbox.tables import ParkedState, inbox_parked
from chassis.messaging.inbox.timings import timings_of
from chassis.turns import in_parts

LANES = 16


@dataclass(frozen=True)
class Handler:
    """What applies the events of some types: `apply(session, event)`, or a list of events if `batch`."""

    apply: Callable[..., None]
    reader: RecordReader
    batch: bool = False
    timeout: float = 60  # seconds for one event, or for one batch of a batch handler

    def __call__(self, session: Session, events: Sequence[Envelope]) -> None:
        """Hands `events` over as the records that the handler reads; raises WrongContent, HandlerTooSlow."""
        read = self._read(events)
        try:
            with eventlet.Timeout(self.timeout) as deadline:
                if self.batch:
                    self.apply(session, read)
                else:
                    self._apply_each(session, read, deadline)
        except eventlet.Timeout as late:
            # A connection left in the middle of a query can't even be rolled back.
            session.invalidate()
            raise HandlerTooSlow(events[0].type, self.timeout) from late

    def _apply_each(self, session: Session, events: Sequence[Envelope], deadline: eventlet.Timeout) -> None:
        set_at = time.monotonic()
        for event in events:
            # Each has its own time, or at least half of it: to set a deadline takes longer than to look at the clock.
            if time.monotonic() - set_at > self.timeout / 2:
                deadline.cancel()
                deadline.start()
                set_at = time.monotonic()
            with bound_contextvars(correlation_id=event.correlationid):
                self.apply(session, event)

    def wrong(self, events: Sequence[Envelope]) -> dict[int, object]:
        """What is wrong with the data of those of `events` that the handler can't read, by their places."""
        found: dict[int, object] = {}
        for first, data in _in_turns(events):
            messages = self.reader.schema.validate(data, many=True)
            found |= {first + int(place): what for place, what in messages.items()}
        return found

    def _read(self, events: Sequence[Envelope]) -> list[Envelope]:
        records: list[object] = []
        for first, data in _in_turns(events):
            try:
                records += self.reader.read(data)
            except ValidationError as fault:
                place, messages = next(iter(fault.messages_dict.items()))
                raise WrongContent(f"{events[first + int(place)].type}: {messages}") from fault
        return [event.with_data(record) for event, record in zip(events, records, strict=True)]


def _in_turns(events: Sequence[Envelope]) -> Iterator[tuple[int, list[JsonObject]]]:
    """The data of some of `events` at a time, and the place of the first; other greenlets go on in between."""
    for number, part in enumerate(in_parts(events, TURN)):
        yield number * TURN, [event.data for event in part]


def handlers_of(worker: object) -> dict[str, Handler]:
    """The handlers of a worker, by the types of event that they apply."""
    timeout = timings_of(worker).handler_timeout
    return {
        kind: Handler(getattr(worker, name), reader, member.subscription.batch, timeout)
        for name, member in _subscribed(type(worker))
        for reader in [RecordReader(member.subscription.record, member.subscription.schema())]
        for kind in member.subscription.types
    }


def handled_types(worker: type) -> set[str]:
    """The types of event for which a worker's class has a handler."""
    return {kind for _, member in _subscribed(worker) for kind in member.subscription.types}


def _subscribed(worker: type) -> list[tuple[str, Any]]:  # Any: functions that carry a Subscription
    return inspect.getmembers(worker, lambda member: hasattr(member, "subscription"))


@dataclass
class BatchResult:
    """What became of the events of a batch."""

    applied: list[Envelope] = field(default_factory=list)
    moved: list[Envelope] = field(default_factory=list)  # without a handler: they moved their cursors only
    early: list[Envelope] = field(default_factory=list)  # parked until their predecessors have come
    versions: dict[str, int] = field(default_factory=dict)  # of each aggregate, the last that was applied or moved
    ids: dict[str, str] = field(default_factory=dict)  # of those events
    conflicts: list[Conflict] = field(default_factory=list)  # parked: another event has their version
    duplicates: int = 0


class Applier:
    """Applies events with the handlers of a service."""

    def __init__(
        self,
        handlers: dict[str, Handler],
        refused_before: Mapping[str, datetime] | None = None,
        listener: Listener | None = None,
    ) -> None:
        """`refused_before`: see `passing.refused_before`; it may change meanwhile."""
        self.handlers = handlers
        self.refused_before = {} if refused_before is None else refused_before
        self.listener = listener
        self.count = _count(None if listener is None else listener.wanted)
        self.lane = random.randrange(LANES)

    def apply(self, session: Session, events: Iterable[Envelope]) -> BatchResult:
        """Applies `events` in the present transaction; a handler's fault comes out as it is."""
        result = self.sort_out(session, events)
        for handler, run in self.runs(result.applied):
            handler(session, run)
        self.note(session, result)
        park_unapplied(session, result)
        return result

    def apply_next(self, session: Session, event: Envelope) -> BatchResult:
        """Applies `event`, the next of its aggregate, whose cursor is locked; a handler's fault comes out as it is."""
        if event.type in self.handlers:
            self.handlers[event.type](session, [event])
        result = self.result_of([event])
        self.note(session, result)
        return result

    def result_of(self, events: Sequence[Envelope]) -> BatchResult:
        """What is to be noted of events, each the next of its aggregate, that have been applied."""
        return BatchResult(
            applied=[event for event in events if event.type in self.handlers],
            moved=[event for event in events if event.type not in self.handlers],
            versions={event.aggregate: event.sequence for event in events},
            ids={event.aggregate: event.id for event in events},
        )

    def sort_out(self, session: Session, events: Iterable[Envelope]) -> BatchResult:
        """Locks the cursors, and says by them what is to become of each event."""
        result = BatchResult()
        # Each aggregate's versions in order; between aggregates as they came, so that causes stay before their effects.
        ordered = sorted(events, key=lambda event: event.sequence)
        cursors = lock_whole_cursors(session, [event.aggregate for event in ordered])
        parked = _parked_versions(session, cursors)
        for event in ordered:
            aggregate, version = event.aggregate, event.sequence
            cursor, waiting = cursors[aggregate], parked.setdefault(aggregate, {})
            known = cursor if version <= cursor.version else Cursor(version, waiting.get(version))
            if cursor.version == 0 and self.is_late(event):
                result.duplicates += 1
            elif version <= cursor.version or version in waiting:
                if found := conflict(event, known):
                    result.conflicts.append(found)
                else:
                    result.duplicates += 1
            elif version == cursor.version + 1:
                (result.applied if event.type in self.handlers else result.moved).append(event)
                result.versions[aggregate], result.ids[aggregate] = version, event.id
                cursors[aggregate] = Cursor(version, event.id)
            else:
                waiting[version] = event.id
                result.early.append(event)
        return result

    def is_late(self, event: Envelope) -> bool:
        """Whether it is so old that, of an aggregate without a cursor, it can only be a late duplicate."""
        before = self.refused_before.get(event.type.partition(".")[0])
        return before is not None and event.time < before

    def runs(self, events: Sequence[Envelope]) -> Iterator[tuple[Handler, list[Envelope]]]:
        """`events` in the order in which they are handed over, by runs of one type, each with its handler."""
        # First versions first, and types as they came: each aggregate keeps its order, and a batch handler gets long
        # runs.
        came = {kind: place for place, kind in enumerate(dict.fromkeys(event.type for event in events))}
        ordered = sorted(events, key=lambda event: (event.sequence, came[event.type]))
        for (_, kind), run in groupby(ordered, key=lambda event: (event.sequence, event.type)):
            yield self.handlers[kind], list(run)

    def note(self, session: Session, result: BatchResult) -> None:
        """Moves the cursors, counts, and tells the listener."""
        session.flush()
        if not result.versions:
            return
        dealt_with = (*result.applied, *result.moved)
        times = {
            event.aggregate: event.time for event in dealt_with if event.sequence == result.versions[event.aggregate]
        }
        move_cursors(session, result.versions, result.ids, times)
        applied, id_sums = Counter[str](), Counter[str]()
        for event in result.applied:
            applied[event.type] += 1
            id_sums[event.type] += id_number(event.id)
        moved = Counter(event.type for event in result.moved)
        kinds = sorted({*applied, *moved})  # in one order, so that no two batches can wait for each other
        counts = {
            "kinds": kinds,
            "applied": [applied[kind] for kind in kinds],
            "moved": [moved[kind] for kind in kinds],
            "id_sums": [id_sums[kind] for kind in kinds],
        }
        counted = session.execute(self.count, {"lane": self.lane, **counts})
        if self.listener is not None and (events := heard(dealt_with, counted.scalars().first())):
            self.listener.hear(session, events)


# Written into the statement, so that the planner sees that the partial index applies, whatever the plan it keeps.
CONFLICT = literal(ParkedState.CONFLICT, Text, literal_execute=True)
PARKED = select(
    inbox_parked.c.aggregate, inbox_parked.c.version, inbox_parked.c.event.op("->>", return_type=Text())("id")
).where(inbox_parked.c.aggregate == func.any(KEYS), inbox_parked.c.state != CONFLICT)
COUNT = (
    "INSERT INTO inbox_applied (type, lane, applied, moved, id_sum) "
    "SELECT kind, :lane, applied, moved, id_sum "
    "FROM unnest(:kinds, :applied, :moved, :id_sums) AS batch (kind, applied, moved, id_sum) "
    "ON CONFLICT (type, lane) DO UPDATE SET applied = inbox_applied.applied + excluded.applied, "
    "moved = inbox_applied.moved + excluded.moved, id_sum = inbox_applied.id_sum + excluded.id_sum"
)


@functools.cache
def _count(wanted: str | None) -> TextClause:
    """The statement that counts; with it the listener's wish is asked."""
    return text(COUNT if wanted is None else f"{COUNT} RETURNING ({wanted})").bindparams(
        bindparam("kinds", type_=TEXTS),
        bindparam("applied", type_=NUMBERS),
        bindparam("moved", type_=NUMBERS),
        bindparam("id_sums", type_=NUMBERS),  # of one batch; the column, which sums them all, holds larger ones
    )


def id_number(event_id: str) -> int:
    """The last 12 hexadecimal digits of an event's id, a UUID, as a number; 0 for an id of another form.

    The outbox's side of the comparison is `outbox.table.ID_SUM`.
    """
    try:
        return int(event_id[-12:], 16)
    except ValueError:
        return 0


def park_unapplied(session: Session, result: BatchResult) -> None:
    """Parks what came before its predecessor, and what claims a place that is taken."""
    park_early(session, result.early)
    park_conflicts(session, result.conflicts)


def _parked_versions(session: Session, aggregates: Iterable[str]) -> dict[str, dict[int, str | None]]:
    """Of each aggregate, the versions that are parked and their events' ids; None where it is kept as bytes."""
    found: dict[str, dict[int, str | None]] = {}
    for aggregate, version, event_id in session.execute(PARKED, {"keys": list(aggregates)}):
        found.setdefault(aggregate, {})[version] = event_id
    return found
