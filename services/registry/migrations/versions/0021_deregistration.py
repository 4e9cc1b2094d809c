"""Enterprises can be deregistered, and merged into others.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enterprise", sa.Column("deregistered_on", sa.Date))
    op.add_column("enterprise", sa.Column("successor_id", sa.Text, sa.ForeignKey("enterprise.id")))


def downgrade() -> None:
    op.drop_column("enterprise", "successor_id")
    op.drop_column("enterprise", "deregistered_on")
