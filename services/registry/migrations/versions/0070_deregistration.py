"""Enterprises can be deregistered, and merged into others.

Revision ID: 0070
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enterprise", sa.Column("deregistered_on", sa.Date))
    op.add_column("enterprise", sa.Column("successor_id", sa.Text, sa.ForeignKey("enterprise.id")))


def downgrade() -> None:
    op.drop_column("enterprise", "successor_id")
    op.drop_column("enterprise", "deregistered_on")
