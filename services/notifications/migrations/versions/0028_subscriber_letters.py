"""Letters to a subscriber's contact and to the province about a subscription.

Revision ID: 0028
Revises: 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
CREATE TABLE subscriber_letter (
    id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    written_at TIMESTAMPTZ NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ,
    sent_at TIMESTAMPTZ,
    answer TEXT,
    CONSTRAINT pk_subscriber_letter PRIMARY KEY (id)
);
CREATE INDEX ix_subscriber_letter_due ON subscriber_letter (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX ix_subscriber_letter_written_at ON subscriber_letter (written_at);
""")


def downgrade() -> None:
    op.execute("DROP TABLE subscriber_letter")
