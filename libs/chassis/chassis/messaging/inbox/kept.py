"""What a service keeps of the aggregates of others, as far as it can be made anew when a publisher was put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope

Restate: TypeAlias = Callable[[Session, Sequence[Envelope[Any]]], None]  # Any: the records of several types of event
Forget: TypeAlias = Callable[[Session, str], None]


@dataclass(frozen=True)
class Rows:
    """The rows of a table that are about one aggregate."""

    table: Table
    about: Callable[[str, str | None], ColumnElement[bool]]  # of the aggregate's id and its last event's

    @classmethod
    def by(cls, column: Column[str]) -> Rows:
        """Those that have the aggregate's id in `column`."""
        return cls(column.table, lambda subject, _: column == subject)

    @classmethod
    def by_event(cls, column: Column[str]) -> Rows:
        """The one that has the id of the aggregate's last event in `column`."""
        return cls(column.table, lambda _, event_id: column == event_id)


@dataclass(frozen=True)
class Kept:
    """What is kept of one kind of aggregate; a worker has one for each kind that it reads, in `kept`.

    `copies` are emptied of an aggregate and filled again from its events: by the handlers, or by `restate` where those
    would do more than copy. Where something is added up from the copies, `forget` takes an aggregate, by its id, out of
    both. `facts` are this service's own, which only a person may change; `stays` says what they are.
    """

    copies: tuple[Rows, ...] = ()
    restate: Restate | None = None
    forget: Forget | None = None
    facts: tuple[Rows, ...] = ()
    stays: str = ""
    is_given: bool = True  # whether the publisher's feed gives its events out
