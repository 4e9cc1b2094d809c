"""A SELECT that is compiled once, for what is read again and again and only shown."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeAlias

from sqlalchemy import CompoundSelect, Select
from sqlalchemy.dialects.postgresql import psycopg

Reading: TypeAlias = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]  # Any: columns of any type
Rows: TypeAlias = list[dict[str, Any]]  # Any: values as the driver gives them; of a StrEnum's column, the text

DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types


class WritesNothing(TypeError):
    """Where rows are read only, something was to write or to lock; that needs a transaction, by `Database.begin`."""


class Query:
    """The text and the values of a SELECT; `Database.rows` gives its rows, and values for its bind parameters.

    SQLAlchemy would look at each of its parts at each use, to see whether it has compiled the same before.
    """

    def __init__(self, statement: object) -> None:
        self.statement = require_reading(statement)
        compiled = self.statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        self.values = {
            name: value.value if isinstance(value, Enum) else value for name, value in compiled.params.items()
        }


def require_reading(statement: object) -> Reading:
    """The statement; WritesNothing unless it is a SELECT without a lock."""
    if not isinstance(statement, Select | CompoundSelect) or statement._for_update_arg is not None:
        raise WritesNothing(WritesNothing.__doc__)
    return statement
