"""Writing many rows by one statement: they go to the database as one JSON text, whatever their number.

It is for what is made or changed by the thousand. The session's own flush takes several times as much processor, most
of it in this process. The statements' texts depend on the columns alone, so each is read once.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ARRAY, Table, TextClause, TypeDecorator, bindparam, func, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

EntityT = TypeVar("EntityT")
# Values by column: JSON's own, days, instants, and dataclasses of these; bytes.
Row: TypeAlias = Mapping[str, object]

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types


def insert_rows(session: Session, table: Table, rows: Sequence[Row], on_conflict: str = "") -> None:
    """Inserts rows in their order, all with the same columns; a column that is left out gets its default.

    `on_conflict`: the clause ON CONFLICT, in SQL.
    """
    if rows:
        session.execute(_insertion(table, tuple(rows[0]), on_conflict), {"rows": as_json(rows)})


def insert_new(session: Session, table: Table, rows: Sequence[Row]) -> set[str]:
    """The same for rows of which some may be there already, and stay as they are; the ids of those that were not."""
    if not rows:
        return set()
    statement = _insertion(table, tuple(rows[0]), "ON CONFLICT DO NOTHING RETURNING id")
    return set(session.scalars(statement, {"rows": as_json(rows)}))


def insert_all(session: Session, objects: Sequence[object]) -> None:
    """Inserts new objects of one mapped class. They stay outside the session, and get no id that the database gives."""
    if objects:
        table = _table_of(type(objects[0]))
        mapped = inspect(type(objects[0])).columns
        columns = tuple(column.name for column in table.c if column.identity is None and column.key in mapped)
        insert_rows(session, table, _rows(table, columns, objects))


def update_all(session: Session, objects: Sequence[object], *changed: str) -> None:
    """Writes the columns `changed` of objects that `load_all` gave."""
    if objects:
        table = _table_of(type(objects[0]))
        session.execute(_update(table, changed), {"rows": as_json(_rows(table, ("id", *changed), objects))})


def load_all(session: Session, entity: type[EntityT], ids: Iterable[str]) -> dict[str, EntityT]:
    """The entities by id, locked in the order of their ids; one that is not there is left out.

    They are outside the session: `update_all` writes what is changed of them, and nothing else does.
    """
    wanted_ids = sorted(set(ids))
    if not wanted_ids:
        return {}
    key = _table_of(entity).c.id
    wanted = select(entity).where(key == func.any(bindparam("ids", type_=ARRAY(key.type)))).order_by(key)
    locked = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(locked, {"ids": wanted_ids}).all()
    for each in found:
        session.expunge(each)
    return {each.id: each for each in found}  # type: ignore[attr-defined]  # each of our entities has one


@functools.cache
def _insertion(table: Table, columns: tuple[str, ...], on_conflict: str) -> TextClause:
    return text(f"{insertion(table, columns, 'rows')} {on_conflict}")


@functools.cache
def _update(table: Table, changed: tuple[str, ...]) -> TextClause:
    values = ", ".join(f'"{name}" = given."{name}"' for name in changed)
    return text(f"UPDATE {table.name} SET {values} FROM {_given(table, 'rows')} WHERE {table.name}.id = given.id")


def insertion(table: Table, columns: Iterable[str], parameter: str) -> str:
    """The statement that inserts the rows that `parameter` gives, as `as_json` makes it."""
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_given(table, parameter)}"


def _given(table: Table, parameter: str) -> str:
    return f"jsonb_populate_recordset(NULL::{table.name}, CAST(:{parameter} AS jsonb)) AS given"


def _rows(table: Table, columns: tuple[str, ...], objects: Sequence[object]) -> list[dict[str, object]]:
    # What was loaded or set lies in an object's __dict__; by the mapped attributes it takes six times as long to read.
    rows = [{name: values[name] for name in columns} for values in map(vars, objects)]
    for name in columns:
        kind = table.c[name].type
        if isinstance(kind, TypeDecorator):
            for row in rows:
                row[name] = kind.process_bind_param(row[name], DIALECT)
    return rows


def _table_of(entity: type[Any]) -> Table:  # Any: a mapped class
    table = inspect(entity).local_table
    assert isinstance(table, Table)
    return table


def as_json(rows: Sequence[Row]) -> str:
    """Rows as `jsonb_populate_recordset` reads them."""
    return json.dumps(rows, ensure_ascii=False, check_circular=False, default=_plain)


def _plain(value: object) -> object:
    """What JSON has no form for: days and instants by ISO 8601, bytes in hexadecimal, dataclasses as objects."""
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if is_dataclass(value) and not isinstance(value, type):
        return vars(value)
    raise TypeError(f"a row can't hold a {type(value).__name__}")
