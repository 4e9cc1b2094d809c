"""Pages by keyset: a cursor says after which row to go on, so rows inserted meanwhile shift nothing.

A cursor is opaque to callers. It holds the sort key of the last row and the names of the key columns; one that was
made up, or made for another list, is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, literal, select, true, tuple_
from typing_extensions import TypeVar

from chassis.data import Database, Query, Reader
from chassis.errors import InvalidInput
from chassis.http.schemas import INT64, MAX_LIMIT, PageArguments, query_violation, storable

ItemT = TypeVar("ItemT", default=Any)  # Any: where a list does not say of what
Keys: TypeAlias = Sequence[ColumnElement[Any]]  # Any: columns of any type


@dataclass(frozen=True)
class Page(Generic[ItemT]):
    """Some of a list's items, and the cursor of the next page; None on the last."""

    items: list[ItemT]
    next_cursor: str | None = None


def paginate(
    session: Reader,
    statement: Select[*tuple[Any, ...]],  # Any: it may select anything
    key_columns: Keys,
    page: PageArguments,
    *,
    descending: bool = False,
    each_of: FromClause | None = None,
) -> Page:
    """One page of `statement` in the order of `key_columns`, which must be unique together and never NULL.

    Items are entities when the statement selects one entity, values when it selects one column, else row mappings.
    `each_of`: what the statement refers to without selecting from it. It is asked for each row of that, and the page is
    merged from the first that each has: for what an index has in order by each, and not by all together.
    """
    limit = min(page.limit, MAX_LIMIT)
    if page.cursor:
        keys, after = tuple_(*key_columns), _read(page.cursor, key_columns)
        statement = statement.where(keys < after if descending else keys > after)
    ordered = _ordered(statement, key_columns, limit, descending)
    if each_of is not None:
        ordered = _merged(ordered, each_of, len(key_columns), limit, descending)
    rows = session.execute(ordered).all()
    shown = rows[:limit]
    width = len(rows[0]) - len(key_columns) if rows else 0
    names = rows[0]._fields[:width] if rows else ()
    # strict=False: behind these stand the keys of the cursor.
    items = [row[0] if width == 1 else dict(zip(names, row, strict=False)) for row in shown]
    more = len(rows) > limit
    return Page(items, _write(shown[-1][width:], key_columns) if more else None)


class FirstPage:
    """The first page of a list, as `paginate` gives it, compiled once: for what a list opens with."""

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]],  # Any: it may select any columns
        key_columns: Keys,
        limit: int,
    ) -> None:
        self.key_columns, self.limit = key_columns, min(limit, MAX_LIMIT)
        self.query = Query(_ordered(statement, key_columns, self.limit))

    def read(self, db: Database) -> Page:
        """The page, as of now; items are dicts by column."""
        rows = db.rows(self.query)
        keys = [[row.pop(_label(index)) for index in range(len(self.key_columns))] for row in rows]
        more = len(rows) > self.limit
        return Page(rows[: self.limit], _write(keys[self.limit - 1], self.key_columns) if more else None)


def _ordered(
    statement: Select[*tuple[Any, ...]],  # Any: it may select anything
    key_columns: Keys,
    limit: int,
    descending: bool = False,
) -> Select[*tuple[Any, ...]]:  # Any: the same, with the keys behind
    """The statement in order, with one row more than the page has."""
    order = [column.desc() if descending else column.asc() for column in key_columns]
    labelled = [column.label(_label(index)) for index, column in enumerate(key_columns)]
    return statement.order_by(None).order_by(*order).add_columns(*labelled).limit(limit + 1)


def _merged(
    ordered: Select[*tuple[Any, ...]],  # Any: it may select any columns
    each_of: FromClause,
    keys: int,
    limit: int,
    descending: bool,
) -> Select[*tuple[Any, ...]]:  # Any: the same columns
    """The first rows of what `ordered` finds for each row of `each_of`."""
    each = ordered.correlate(each_of).lateral("each")
    columns = [each.c[_label(index)] for index in range(keys)]
    order = [column.desc() if descending else column.asc() for column in columns]
    return select(each).select_from(each_of.join(each, true())).order_by(*order).limit(limit + 1)


def _label(index: int) -> str:
    return f"cursor_key_{index}"


def _names(key_columns: Keys) -> str:
    return ",".join(str(getattr(column, "key", "")) for column in key_columns)


def _write(values: Sequence[object], key_columns: Keys) -> str:
    texts = [value if isinstance(value, int | str) else _text(value) for value in values]
    payload = json.dumps([_names(key_columns), *texts], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(payload).rstrip(b"=").decode()


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(cursor: str, key_columns: Keys) -> ColumnElement[Any]:  # Any: a row value
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        names, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if names != _names(key_columns) or len(values) != len(key_columns):
            raise ValueError("a cursor of another list")
        pairs = zip(key_columns, values, strict=True)
        return tuple_(*(literal(_value(column, value), column.type) for column, value in pairs))
    except (ValueError, TypeError, ArithmeticError, RecursionError, binascii.Error) as error:
        raise InvalidInput([query_violation("cursor", "Not a cursor of this list.")]) from error


def _value(column: ColumnElement[Any], value: object) -> object:  # Any: a column of any type
    """What JSON holds of a key, as the column's type; ValueError if it can't be one."""
    kind = column.type.python_type
    if isinstance(value, str) and storable(value) and kind in (str, date, datetime, Decimal, UUID):
        return kind.fromisoformat(value) if kind in (date, datetime) else kind(value)
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and value in INT64:
        return value
    raise ValueError("a key of another type")
