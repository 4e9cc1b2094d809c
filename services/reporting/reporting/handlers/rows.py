"""What the handlers share: rows from events, and entering those that are new."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, Column, Executable, Result, Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from chassis.messaging import Envelope

Row: TypeAlias = dict[str, object]  # values by the names of a table's columns
AnyEvent: TypeAlias = Envelope[Any]  # Any: a record of whichever fields the handler reads


@functools.cache
def insert_many(table: Table) -> Insert:
    """The statement that enters any number of rows of `table` at once, from an array for each column.

    It costs a tenth of what a statement for each row does.
    """
    columns = list(table.columns)
    arrays = func.unnest(*(bindparam(each.name, type_=ARRAY(each.type)) for each in columns))
    rows = arrays.table_valued(*(column(each.name, each.type) for each in columns)).render_derived()
    return insert(table).from_select([each.name for each in columns], select(*rows.c))


@functools.cache
def insert_new(table: Table, *returning: Column[Any]) -> Executable:  # Any: columns of any type
    """The same, which leaves those alone that are there already, and may return columns of those that are new."""
    statement = insert_many(table).on_conflict_do_nothing()
    return statement.returning(*returning) if returning else statement


def enter(
    session: Session, statement: Executable, rows: Sequence[Row]
) -> Result[Any]:  # Any: what the statement returns
    """Runs one of these statements for rows that all have values of the same columns."""
    return session.execute(statement, {name: [row[name] for row in rows] for name in rows[0]})


def row_of(event: AnyEvent) -> Row:
    """The fields that were read of the event, named as the table's columns."""
    return dict(vars(event.data))


def history_row(event: AnyEvent) -> Row:
    """The same with the event's version, which tells a record of history from the others of its object."""
    return {**vars(event.data), "version": event.sequence}


def history_rows(events: Sequence[AnyEvent]) -> list[Row]:
    """A record of history for each event."""
    return [history_row(event) for event in events]
