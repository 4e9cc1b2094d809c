"""What the handlers share: rows from events, and entering those that are new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert, insert

from chassis.messaging import Envelope

Row: TypeAlias = dict[str, object]  # values by the names of a table's columns
AnyEvent: TypeAlias = Envelope[Any]  # Any: a record of whichever fields the handler reads


def insert_new(table: Table) -> Insert:
    """The statement that enters rows of `table` and leaves those alone that are there already."""
    return insert(table).on_conflict_do_nothing()


def row_of(event: AnyEvent) -> Row:
    """The fields that were read of the event, named as the table's columns."""
    return dict(vars(event.data))


def history_row(event: AnyEvent) -> Row:
    """The same with the event's version, which tells a record of history from the others of its object."""
    return {**vars(event.data), "version": event.sequence}


def history_rows(events: Sequence[AnyEvent]) -> list[Row]:
    """A record of history for each event."""
    return [history_row(event) for event in events]
