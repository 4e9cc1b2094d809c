"""What was due on which days is listed by an index.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

from chassis.data import indexes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    indexes.index_due_days(op)


def downgrade() -> None:
    indexes.unindex_due_days(op)
