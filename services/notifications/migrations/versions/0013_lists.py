"""The lists' filters are answered by indexes: by kind, within a division, by day, and by what has not been sent.

Revision ID: 0013
Revises: 0010
"""

from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_notice_kind_id": "notice (kind, id)",
    "ix_notice_division_id": "notice (division, id)",
    "ix_notice_created_at": "notice (created_at)",
    "ix_delivery_unsent": "delivery (state, notice_id) WHERE state <> 'sent'",
}
# It is the beginning of one of the above.
REPLACED = {"ix_notice_division": "notice (division)"}


def _make(indexes: dict[str, str]) -> None:
    """While the service goes on writing, however long that takes; what an interrupted attempt left is made anew."""
    for name, what in indexes.items():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")


def _drop(indexes: dict[str, str]) -> None:
    for name in indexes:
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = 0")
        _make(INDEXES)
        _drop(REPLACED)
        op.execute("SET statement_timeout = '60s'")
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _make(REPLACED)
        _drop(INDEXES)
