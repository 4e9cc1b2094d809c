"""Which events moved an aggregate to another division is noted, for the feed of a division.

Revision ID: 0014
Revises: 0013

The version before does not note it, so its worker is stopped before.
"""

from alembic import op

from chassis.data import chassis_tables

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    chassis_tables.create_v8(op)


def downgrade() -> None:
    chassis_tables.drop_v8(op)
