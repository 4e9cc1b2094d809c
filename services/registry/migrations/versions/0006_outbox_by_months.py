"""The outbox by months; what was announced before stays where it is.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

from chassis.data import chassis_tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    chassis_tables.create_v7(op)


def downgrade() -> None:
    chassis_tables.drop_v7(op)
