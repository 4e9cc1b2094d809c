"""Worklists: indexes of what is not filed and of what expires, and how long before its end a certificate is listed.

Revision ID: 0028
Revises: 0027
"""

from alembic import op

from chassis.data import indexes

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_appointment_unfiled": "appointment (division, id) WHERE filed_on IS NULL AND status <> 'ended'",
    "ix_talent_valid_until": "talent (valid_until, id)",
}


def upgrade() -> None:
    op.execute("""UPDATE ruleset SET parameters = parameters || '{"expiring_days": 90}'""")
    indexes.make_indexes(op, INDEXES, {})


def downgrade() -> None:
    indexes.make_indexes(op, {}, INDEXES)
    op.execute("UPDATE ruleset SET parameters = parameters - 'expiring_days'")
