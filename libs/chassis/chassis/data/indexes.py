"""Indexes that migrations make beside a running service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol


class Context(Protocol):
    """What is used of alembic's context of a migration."""

    def autocommit_block(self) -> AbstractContextManager[None]:
        """Outside a transaction; what came before is committed."""


class Operations(Protocol):
    """What is used of alembic's `op`."""

    def execute(self, sqltext: str) -> None:
        """Runs a statement."""

    def get_context(self) -> Context:
        """What the migration runs in."""


AUDIT_LISTS = {
    "ix_audit_log_at_number": "audit_log (at, number)",
    "ix_audit_log_actor_at_number": "audit_log (actor, at, number)",
    "ix_audit_log_action_at_number": "audit_log (action, at, number)",
    "ix_audit_log_subject_at_number": "audit_log (subject, at, number)",
}


def make_indexes(op: Operations, indexes: Mapping[str, str], replaced: Iterable[str] = ()) -> None:
    """Makes indexes, each by name as "table (columns)", and then drops those that they replace.

    The service goes on writing, however long that takes; what an interrupted attempt has left is made anew.
    """
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = 0")
        for name, columns in indexes.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {columns}")
        for name in replaced:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute("SET statement_timeout = '60s'")
        op.execute("SET lock_timeout = '5s'")


def index_due_days(op: Operations) -> None:
    """What was due on which days by an index."""
    make_indexes(op, {"ix_due_kind_due_on_id": "due (kind, due_on, id)"})


def unindex_due_days(op: Operations) -> None:
    """Without this index."""
    op.execute("DROP INDEX ix_due_kind_due_on_id")


def index_audit_log(op: Operations) -> None:
    """The audit log's lists by indexes."""
    make_indexes(op, AUDIT_LISTS)


def unindex_audit_log(op: Operations) -> None:
    """Without these indexes."""
    op.execute(f"DROP INDEX {', '.join(AUDIT_LISTS)}")
