"""Who led an enterprise before.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_leader",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("enterprise_id", sa.Text, sa.ForeignKey("enterprise.id"), nullable=False, index=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("former_leader")
