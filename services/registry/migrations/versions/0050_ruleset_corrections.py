"""A rule set says why it changed the rules of days gone by.

Revision ID: 0050
Revises: 0024
"""

from alembic import op

from programme import programme_tables

revision = "0050"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    programme_tables.create_v2(op)


def downgrade() -> None:
    programme_tables.drop_v2(op)
