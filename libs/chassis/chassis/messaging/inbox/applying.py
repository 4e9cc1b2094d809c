"""Applies batches of events. One transaction: lock the objects' cursors, apply what is next, move the cursors.

A version at or below the cursor is a duplicate; cursor + 1 is applied; a later one is parked until its predecessor
has come. Events without a handler only move the cursor.
"""

from __future__ import annotations

import inspect
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import eventlet
from marshmallow import EXCLUDE, Schema, ValidationError
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from chassis.clock import Clock
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.tables import inbox_cursor, inbox_parked

HANDLER_TIMEOUT = 60  # seconds a handler may take, over one event or one batch
LANES = 16


class WrongContent(Exception):
    """The event's data does not fit what this service expects of its type."""


class HandlerTooSlow(Exception):
    """The handler took longer than 60 s."""


@dataclass(frozen=True)
class Handler:
    """What applies the events of some types: `apply(session, event)`, or a list of events if `batch`."""

    apply: Callable[[Session, Any], None]
    schema: Schema
    batch: bool = False

    def __call__(self, session: Session, events: Sequence[Envelope]) -> None:
        loaded = [event.with_data(data) for event, data in zip(events, self._load(events), strict=True)]
        try:
            with eventlet.Timeout(HANDLER_TIMEOUT):
                self._hand_over(session, loaded)
        except eventlet.Timeout as late:
            # A connection left in the middle of a query can't even be rolled back.
            session.invalidate()
            raise HandlerTooSlow(f"{events[0].type}: {late}") from late

    def _hand_over(self, session: Session, events: list[Envelope]) -> None:
        if self.batch:
            self.apply(session, events)
            return
        for event in events:
            with bound_contextvars(correlation_id=event.correlationid):
                self.apply(session, event)

    def _load(self, events: Sequence[Envelope]) -> list[Any]:
        try:
            # Fields that a later version of the publisher has added are none of this reader's business.
            loaded = self.schema.load([event.data for event in events], many=True, unknown=EXCLUDE)
        except ValidationError as fault:
            place, messages = next(iter(fault.normalized_messages().items()))
            raise WrongContent(f"{events[int(place)].type}: {messages}") from fault
        return list(loaded)


def handlers_of(worker: Any) -> dict[str, Handler]:
    """The handlers of a worker, by the types of event that they apply."""
    return {
        kind: Handler(getattr(worker, name), member.subscription.schema(), member.subscription.batch)
        for name, member in inspect.getmembers(type(worker), lambda member: hasattr(member, "subscription"))
        for kind in member.subscription.types
    }


@dataclass
class Outcome:
    """What became of a batch."""

    applied: list[Envelope] = field(default_factory=list)
    early: list[Envelope] = field(default_factory=list)  # parked until their predecessors have come
    duplicates: int = 0


class Applier:
    """Applies events with the handlers of a service."""

    def __init__(self, handlers: dict[str, Handler], clock: Clock) -> None:
        self.handlers = handlers
        self.clock = clock
        # Replicas count in lanes of their own, so that they don't queue up for one row of the counter.
        self.lane = random.randrange(LANES)

    def apply(self, session: Session, events: Iterable[Envelope]) -> Outcome:
        """Applies `events` in the present transaction; a handler's fault comes out as it is."""
        outcome = Outcome()
        # Each object's versions in order; between objects as they came, so that causes stay before their effects.
        ordered = sorted(events, key=lambda event: event.sequence)
        cursors = lock_cursors(session, [event.aggregate for event in ordered])
        parked = self._parked(session, cursors)
        for event in ordered:
            cursor = cursors[event.aggregate]
            if event.sequence <= cursor or event.sequence in parked.get(event.aggregate, ()):
                outcome.duplicates += 1
            elif event.sequence == cursor + 1:
                outcome.applied.append(event)
                cursors[event.aggregate] = event.sequence
            else:
                parked.setdefault(event.aggregate, set()).add(event.sequence)
                outcome.early.append(event)
        self.run(session, outcome.applied)
        park_early(session, outcome.early)
        return outcome

    def run(self, session: Session, events: Sequence[Envelope]) -> None:
        """Hands `events`, each the next of its object, to their handlers; moves the cursors and counts."""
        # First versions first, and types as they came: each object keeps its order, and a batch handler gets long runs.
        came = {kind: place for place, kind in enumerate(dict.fromkeys(event.type for event in events))}
        by_handler = sorted(events, key=lambda event: (event.sequence, came[event.type]))
        for (_, kind), run in groupby(by_handler, key=lambda event: (event.sequence, event.type)):
            handler = self.handlers.get(kind)
            if handler is not None:
                handler(session, list(run))
        session.flush()
        move_cursors(session, {event.aggregate: event.sequence for event in events})
        self._count(session, Counter(event.type for event in events))

    def _parked(self, session: Session, aggregates: Iterable[str]) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for aggregate, version in session.execute(PARKED, {"keys": list(aggregates)}):
            found.setdefault(aggregate, set()).add(version)
        return found

    def _count(self, session: Session, by_type: Counter[str]) -> None:
        if by_type:
            kinds = sorted(by_type)  # in one order, so that no two batches can wait for each other
            counts = {"kinds": kinds, "lane": self.lane, "counts": [by_type[kind] for kind in kinds]}
            session.execute(COUNT, counts)


# A statement is built once: SQLAlchemy takes longer to build one than to have it executed.
KEYS = bindparam("keys", type_=ARRAY(Text))


CREATE = (
    insert(inbox_cursor)
    .from_select(["aggregate"], select(func.unnest(KEYS).column_valued("aggregate")))
    .on_conflict_do_nothing()
)
LOCK = (
    select(inbox_cursor.c.aggregate, inbox_cursor.c.version)
    .where(inbox_cursor.c.aggregate == func.any(KEYS))
    .order_by(inbox_cursor.c.aggregate)
    .with_for_update()
)
PARKED = select(inbox_parked.c.aggregate, inbox_parked.c.version).where(inbox_parked.c.aggregate == func.any(KEYS))
MOVE = text(
    "UPDATE inbox_cursor SET version = moved.version FROM unnest(:keys, :versions) AS moved (aggregate, version) "
    "WHERE inbox_cursor.aggregate = moved.aggregate"
).bindparams(bindparam("keys", type_=ARRAY(Text)), bindparam("versions", type_=ARRAY(BigInteger)))

COUNT = text(
    "INSERT INTO inbox_applied (type, lane, applied) SELECT kind, :lane, number "
    "FROM unnest(:kinds, :counts) AS batch (kind, number) "
    "ON CONFLICT (type, lane) DO UPDATE SET applied = inbox_applied.applied + excluded.applied"
).bindparams(bindparam("kinds", type_=ARRAY(Text)), bindparam("counts", type_=ARRAY(BigInteger)))


def lock_cursors(session: Session, aggregates: Iterable[str]) -> dict[str, int]:
    """Locks the cursors of `aggregates`, in the order of their keys so that no two batches can wait for each other."""
    keys = {"keys": sorted(set(aggregates))}
    session.execute(CREATE, keys)
    return {aggregate: version for aggregate, version in session.execute(LOCK, keys)}


def move_cursors(session: Session, versions: dict[str, int]) -> None:
    """Sets the cursors, which must be locked, to the versions applied."""
    if versions:
        session.execute(MOVE, {"keys": list(versions), "versions": list(versions.values())})


def park_early(session: Session, events: Sequence[Envelope]) -> None:
    """Parks events that came before their predecessors."""
    if events:
        rows = [
            {
                "aggregate": event.aggregate,
                "version": event.sequence,
                "type": event.type,
                "event": event.to_dict(),
                "reason": "its predecessor has not been applied",
                "state": "blocked",
                "parked_at": func.now(),
            }
            for event in events
        ]
        session.execute(insert(inbox_parked).values(rows).on_conflict_do_nothing())
