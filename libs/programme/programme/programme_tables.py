"""The tables that the four services share in kind, for the first migration of each.

A released function here never changes: databases have been made by it. A change comes as a function of its own.
"""

from __future__ import annotations

from typing import Protocol

V1 = """
CREATE TABLE ruleset (
    version INTEGER NOT NULL,
    effective_from DATE NOT NULL,
    document TEXT NOT NULL,
    parameters JSONB NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_ruleset PRIMARY KEY (version)
);

CREATE TABLE division (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    parent TEXT,
    valid_from DATE NOT NULL,
    valid_to DATE,
    successor TEXT,
    CONSTRAINT pk_division PRIMARY KEY (code, valid_from)
);
"""


class Operations(Protocol):
    """What a migration is given: alembic's `op`."""

    def execute(self, statement: str) -> None:
        """Runs one or more statements."""


def create_v1(op: Operations) -> None:
    """Makes the tables of rule sets and divisions."""
    op.execute(V1)


def drop_v1(op: Operations) -> None:
    """Removes them."""
    op.execute("DROP TABLE ruleset, division")


def create_v2(op: Operations) -> None:
    """Adds why a rule set changed the rules of days gone by."""
    op.execute("ALTER TABLE ruleset ADD COLUMN correction TEXT")


def drop_v2(op: Operations) -> None:
    """Removes it."""
    op.execute("ALTER TABLE ruleset DROP COLUMN correction")
