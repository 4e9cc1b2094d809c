"""How far each subscriber has fetched its feed.

Revision ID: 0026
Revises: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE subscription_fetch (
            subscription_id TEXT NOT NULL,
            sequence BIGINT NOT NULL,
            at TIMESTAMPTZ NOT NULL,
            CONSTRAINT pk_subscription_fetch PRIMARY KEY (subscription_id)
        )
    """)


def downgrade() -> None:
    op.execute("DROP TABLE subscription_fetch")
