"""An audited write waits for no other: entries are sealed by the worker, and checkpoints of the chain are kept.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

from chassis.data import chassis_tables

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    chassis_tables.create_v6(op)


def downgrade() -> None:
    chassis_tables.drop_v6(op)
