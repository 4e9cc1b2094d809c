"""The queues of subscriptions that are received by AMQP.

Revision ID: 0029
Revises: 0028
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE subscriber_queue (
    subscription_id TEXT NOT NULL,
    password_hash TEXT,
    password_made_at TIMESTAMPTZ,
    published BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_subscriber_queue PRIMARY KEY (subscription_id),
    CONSTRAINT fk_subscriber_queue_subscription_id_subscription FOREIGN KEY (subscription_id)
        REFERENCES subscription (id) ON DELETE CASCADE
);
CREATE FUNCTION notify_subscriber_queues() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_notify('cqo_subscriber_queues', ''); RETURN NULL; END$$;
CREATE TRIGGER notify_subscriber_queues AFTER INSERT OR UPDATE OF password_hash ON subscriber_queue
    FOR EACH STATEMENT EXECUTE FUNCTION notify_subscriber_queues();
CREATE TRIGGER notify_subscriber_queues AFTER UPDATE OF state, way ON subscription
    FOR EACH STATEMENT EXECUTE FUNCTION notify_subscriber_queues();
"""
DOWN = """
DROP TRIGGER notify_subscriber_queues ON subscription;
DROP TABLE subscriber_queue;
DROP FUNCTION notify_subscriber_queues();
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
