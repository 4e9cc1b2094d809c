"""Somebody can be exempt from a year's continuing education.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE education_year ADD COLUMN exempted_by TEXT, ADD COLUMN exemption_reason TEXT")


def downgrade() -> None:
    op.execute("ALTER TABLE education_year DROP COLUMN exempted_by, DROP COLUMN exemption_reason")
