"""Rows that a transaction only appends: its events, its audit entries, its kept answer, and objects that are new.

They are added to the session as its objects are, and so share its savepoints and its end. At the session's flush, which
is at its commit at the latest, they go to the database together, by one statement, each table's in the order in which
they were added.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from sqlalchemy import Column, Integer, MetaData, Table, TextClause, event, inspect, text
from sqlalchemy.orm import Session, registry

from chassis.data.bulk import as_json, insertion


class Appended:
    """A new row of a table."""

    def __init__(self, table: Table, values: dict[str, object]) -> None:
        self.table, self.values = table, values


# A session takes mapped objects only. No such table is there: none is ever flushed as one.
registry().map_imperatively(Appended, Table("appended", MetaData(), Column("id", Integer, primary_key=True)))


def append(session: Session, table: Table, **values: object) -> None:
    """Adds a new row. What is left out gets the database's default, in all rows of the table that go together."""
    session.add(Appended(table, values))


def append_object(session: Session, entity: object) -> None:
    """Adds the row of a new object that nothing in this transaction changes or reads any more."""
    table = inspect(type(entity)).local_table
    append(session, table, **{column.key: getattr(entity, column.key) for column in table.c})


def flush_objects(session: Session) -> None:
    """Sends all but appended rows, which wait for those that may still come."""
    held = _appended(session)
    _expunge(session, held)
    session.flush()
    session.add_all(held)


def _appended(session: Session) -> list[Appended]:
    return [each for each in session.new if isinstance(each, Appended)]


def _expunge(session: Session, rows: Iterable[Appended]) -> None:
    for each in rows:
        session.expunge(each)


@event.listens_for(Session, "before_flush")
def _write(session: Session, *_: object) -> None:
    rows = _appended(session)
    if not rows:
        return
    _expunge(session, rows)
    of_table: dict[Table, list[dict[str, object]]] = {}
    for each in rows:
        of_table.setdefault(each.table, []).append(each.values)
    statement = _insertion(*((table, tuple(of_table[table][0])) for table in of_table))
    session.connection().execute(statement, {table.name: as_json(of_table[table]) for table in of_table})


@functools.cache
def _insertion(*given: tuple[Table, tuple[str, ...]]) -> TextClause:
    """The statement that inserts rows of tables, each given with its columns; a table's rows are one JSON text."""
    *before, last = [insertion(table, columns, table.name) for table, columns in given]
    parts = ", ".join(f"part_{number} AS ({insert})" for number, insert in enumerate(before))
    return text(f"WITH {parts} {last}" if before else last)
