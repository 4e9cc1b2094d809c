"""Indexes and constraints are taken off before the rows come, and made again when all are there.

A row then costs no look into an index, and an index is written once, in the order of its keys: faster, and smaller.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import psycopg

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

# Foreign keys last: they need the keys that they refer to, and check what is there.
CONSTRAINTS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f') AND conrelid <> 'alembic_version'::regclass
ORDER BY contype = 'f', conrelid, conname
"""
INDEXES = """
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY indrelid, indexrelid
"""


class Taken(NamedTuple):
    """What makes again what was taken off a database, in this order."""

    indexes: list[str]
    constraints: list[str]


def take_off(connection: Connection) -> Taken:
    """Drops all indexes and keys of the database's tables."""
    constraints, indexes = (connection.execute(query).fetchall() for query in (CONSTRAINTS, INDEXES))
    for drop, _ in (*reversed(constraints), *indexes):
        connection.execute(drop)
    return Taken([make for _, make in indexes], [make for _, make in constraints])


def put_back(connection: Connection, taken: Taken) -> None:
    """Makes them again; raises what the database says where a key does not hold."""
    for statement in (*taken.indexes, *taken.constraints):
        connection.execute(statement)
