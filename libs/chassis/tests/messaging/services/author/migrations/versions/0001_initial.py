"""The chassis's tables.

Revision ID: 0001
Revises:
"""

from alembic import op

from chassis import migrations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_v1(op)


def downgrade() -> None:
    migrations.drop_v1(op)
