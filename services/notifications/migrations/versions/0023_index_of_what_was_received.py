"""What was received, opened or sent on a day is found by an index, for the audit of that day.

Revision ID: 0023
Revises: 0022
"""

from alembic import op

from chassis.data import indexes

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_cause_received_at": "cause (received_at)",
    "ix_matter_opened": "matter (opened_on)",
    "ix_delivery_mailed": "delivery (sent_at) WHERE channel = 'email' AND state = 'sent'",
}


def upgrade() -> None:
    indexes.make_indexes(op, INDEXES, {})


def downgrade() -> None:
    indexes.make_indexes(op, {}, INDEXES)
