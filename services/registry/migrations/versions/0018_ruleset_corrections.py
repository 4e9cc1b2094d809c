"""A rule set says why it changed the rules of days gone by.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

from programme import programme_tables

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    programme_tables.create_v2(op)


def downgrade() -> None:
    programme_tables.drop_v2(op)
