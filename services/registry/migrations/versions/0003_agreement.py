"""What a publisher announced can be compared with what its readers have applied, by the ids of the events.

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
    chassis_tables.create_v3(op)
    chassis_tables.create_v4(op)


def downgrade() -> None:
    chassis_tables.drop_v4(op)
    chassis_tables.drop_v3(op)
