"""What enterprises are recognised as, year by year.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recognition",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("enterprise_id", sa.Text, sa.ForeignKey("enterprise.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.UniqueConstraint("enterprise_id", "kind", "year", name="uq_recognition_enterprise_id_kind_year"),
    )
    op.create_index("ix_recognition_kind_year", "recognition", ["kind", "year", "enterprise_id"])


def downgrade() -> None:
    op.drop_table("recognition")
