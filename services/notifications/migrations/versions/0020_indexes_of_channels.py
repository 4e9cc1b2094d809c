"""Letters are found by their channel, by the message they were in, and by when they are gathered.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

from chassis.data import indexes

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_delivery_waiting": "delivery (channel, next_attempt_at, id) WHERE state = 'pending'",
    "ix_delivery_limited": "delivery (channel, waits_for) WHERE state = 'pending' AND waits_for IS NOT NULL",
    "ix_delivery_unaddressed": "delivery (channel, id) WHERE state = 'no_address'",
    "ix_delivery_message_id": "delivery (message_id) WHERE message_id IS NOT NULL",
    "ix_delivery_digest_id": "delivery (digest_id) WHERE digest_id IS NOT NULL",
    "ix_delivery_gathering": (
        "delivery (gather_key, gathers_at, id) WHERE state = 'pending' AND digest_id IS NULL AND gathers_at IS NOT NULL"
    ),
}
REPLACED = {
    "ix_delivery_pending": "delivery (next_attempt_at, id) WHERE state = 'pending'",
    "ix_delivery_no_address": "delivery (id) WHERE state = 'no_address'",
}


def upgrade() -> None:
    indexes.make_indexes(op, INDEXES, REPLACED)


def downgrade() -> None:
    indexes.make_indexes(op, REPLACED, INDEXES)
