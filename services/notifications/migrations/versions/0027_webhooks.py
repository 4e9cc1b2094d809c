"""Deliveries by webhook.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE webhook_endpoint (
    subscription_id TEXT NOT NULL,
    position BIGINT NOT NULL DEFAULT 0,
    holder INTEGER,
    claim BIGINT NOT NULL DEFAULT 0,
    in_hand INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since TIMESTAMPTZ,
    resume_at TIMESTAMPTZ,
    is_open BOOLEAN NOT NULL DEFAULT false,
    maybe_repeated BIGINT NOT NULL DEFAULT 0,
    proved_target JSONB,
    proved_at TIMESTAMPTZ,
    certificate TEXT,
    CONSTRAINT pk_webhook_endpoint PRIMARY KEY (subscription_id)
);
CREATE INDEX ix_webhook_endpoint_holder ON webhook_endpoint (holder) WHERE holder IS NOT NULL;

CREATE TABLE webhook_key (
    id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    scheme TEXT NOT NULL,
    key TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ,
    CONSTRAINT pk_webhook_key PRIMARY KEY (id)
);
CREATE INDEX ix_webhook_key_subscription_id ON webhook_key (subscription_id);

CREATE TABLE webhook_waiting (
    subscription_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    ordering_key TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    CONSTRAINT pk_webhook_waiting PRIMARY KEY (subscription_id, sequence)
);
CREATE INDEX ix_webhook_waiting_subscription_id_ordering_key_sequence
    ON webhook_waiting (subscription_id, ordering_key, sequence);
CREATE INDEX ix_webhook_waiting_due ON webhook_waiting (subscription_id, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;

CREATE TABLE webhook_log (
    id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    written_at TIMESTAMPTZ NOT NULL,
    first_sequence BIGINT NOT NULL,
    last_sequence BIGINT NOT NULL,
    attempts JSONB NOT NULL,
    CONSTRAINT pk_webhook_log PRIMARY KEY (id)
);
CREATE INDEX ix_webhook_log_subscription_id_id ON webhook_log (subscription_id, id);
CREATE INDEX ix_webhook_log_subscription_id_last_sequence ON webhook_log (subscription_id, last_sequence);
CREATE INDEX ix_webhook_log_written_at ON webhook_log (written_at);

CREATE TABLE webhook_errand (
    id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    target JSONB NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    begun_at TIMESTAMPTZ,
    done_at TIMESTAMPTZ,
    answer JSONB,
    CONSTRAINT pk_webhook_errand PRIMARY KEY (id)
);
CREATE INDEX ix_webhook_errand_subscription_id ON webhook_errand (subscription_id);
CREATE INDEX ix_webhook_errand_open ON webhook_errand (asked_at) WHERE done_at IS NULL;
CREATE INDEX ix_webhook_errand_asked_at ON webhook_errand (asked_at);

CREATE TABLE webhook_sum (
    subscription_id TEXT NOT NULL,
    day DATE NOT NULL,
    attempts BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    milliseconds BIGINT NOT NULL,
    CONSTRAINT pk_webhook_sum PRIMARY KEY (subscription_id, day)
);
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP TABLE webhook_sum, webhook_errand, webhook_log, webhook_waiting, webhook_key, webhook_endpoint")
