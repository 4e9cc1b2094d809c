"""Corrections that enterprises propose.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("enterprise_id", sa.Text, sa.ForeignKey("enterprise.id"), nullable=False, index=True),
        sa.Column("division", sa.Text, nullable=False),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("proposed_on", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_on", sa.Date),
        sa.Column("answer", sa.Text),
    )
    proposed = sa.text("state = 'proposed'")
    op.create_index("ix_correction_proposed", "correction", ["division", "id"], postgresql_where=proposed)
    op.create_index("ix_correction_division_id", "correction", ["division", "id"])


def downgrade() -> None:
    op.drop_table("correction")
