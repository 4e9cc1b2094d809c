"""Events applied are proved by their ids, not by their number alone.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

from chassis.data import chassis_tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    chassis_tables.create_v2(op)


def downgrade() -> None:
    chassis_tables.drop_v2(op)
