"""What was due on which days is listed by an index.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

from chassis.data import indexes

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    indexes.index_due_days(op)


def downgrade() -> None:
    indexes.unindex_due_days(op)
