"""The transactional outbox: an event is written in the transaction of the change it announces, and published later.

    outbox.add(session, appointment, appointment.file(on, number, today), clock)

`add` is all that a use case calls, or `add_all` for many events at once. The relay (`chassis.messaging.outbox.relay`)
runs in the worker.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, Protocol

from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from chassis.clock import Clock
from chassis.data import append, insert_rows
from chassis.ids import new_id
from chassis.messaging.outbox.months import end_of_feed
from chassis.messaging.outbox.reading import published
from chassis.messaging.outbox.relay import Relay
from chassis.messaging.outbox.table import envelope, outbox

__all__ = ["Aggregate", "Event", "Relay", "add", "add_all", "end_of_feed", "envelope", "outbox", "published"]


class Aggregate(Protocol):
    """What an event is about: an aggregate with an identity, a version, and a division it belongs to."""

    version: int

    @property
    def id(self) -> str:
        """The aggregate's id."""

    @property
    def division(self) -> str | None:
        """The code of the division whose staff may see the event."""


class Event(Protocol):
    """What is announced: a frozen dataclass of the event's fields, with the type of event as a class attribute."""

    type: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]  # Any: the fields have any types


def add(session: Session, aggregate: Aggregate, event: Event, clock: Clock) -> str:
    """Writes `event` at the session's next flush, and raises the aggregate's version; returns the event's id.

    The caller must hold the aggregate's row lock (or have just made it), so that the order of versions is the order of
    commits.
    """
    row = _row(aggregate, event, _cause(), clock)
    append(session, outbox, **row)
    return str(row["id"])


def add_all(
    session: Session, announced: Iterable[tuple[Aggregate, Event]], clock: Clock, *, own_causes: bool = False
) -> list[str]:
    """Does for many events, in their order and by one statement at once, what `add` does for one; their ids.

    `own_causes`: each has a cause of its own, as a due row is, and gets a correlation id of its own.
    """
    cause = _cause()
    rows = [_row(aggregate, event, new_id() if own_causes else cause, clock) for aggregate, event in announced]
    insert_rows(session, outbox, rows)
    return [str(row["id"]) for row in rows]


def _cause() -> str | None:
    """The present correlation id."""
    cause: str | None = get_contextvars().get("correlation_id")
    return cause


def _row(aggregate: Aggregate, event: Event, cause: str | None, clock: Clock) -> dict[str, object]:
    aggregate.version = (aggregate.version or 0) + 1
    return {
        "id": new_id(),
        "aggregate_type": event.type.partition(".")[0],
        "aggregate_id": aggregate.id,
        "aggregate_version": aggregate.version,
        "type": event.type,
        "data": _plain(event),
        "division": aggregate.division,
        "correlation_id": cause,
        "occurred_at": clock.now(),
    }


def _plain(value: object) -> Any:  # Any: JSON's values
    """`value` in JSON's own types: dates and instants as ISO 8601, tuples as lists, dataclasses as objects."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item) for name, item in vars(value).items()}
    raise TypeError(f"an event can't carry a {type(value).__name__}")
