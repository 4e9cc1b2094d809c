"""The changes that no status list shows yet are found by an index.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

from chassis.data import indexes

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INDEXES = {"ix_certificate_status_unlisted": "certificate_status (id) WHERE NOT is_listed"}


def upgrade() -> None:
    indexes.make_indexes(op, INDEXES)


def downgrade() -> None:
    op.execute("DROP INDEX ix_certificate_status_unlisted")
