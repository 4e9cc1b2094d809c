"""The lists' filters are answered by indexes: by kind, within a division, by day, and by what has not been sent.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

from chassis.data import indexes

revision = "0010"
down_revision = "0009"
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


def upgrade() -> None:
    indexes.index_audit_log(op)
    indexes.make_indexes(op, INDEXES, REPLACED)


def downgrade() -> None:
    indexes.make_indexes(op, REPLACED, INDEXES)
    indexes.unindex_audit_log(op)
