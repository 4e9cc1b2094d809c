"""A rule set says why it changed the rules of days gone by.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

from programme import programme_tables

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    programme_tables.create_v2(op)


def downgrade() -> None:
    programme_tables.drop_v2(op)
