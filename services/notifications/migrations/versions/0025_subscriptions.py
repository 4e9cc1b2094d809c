"""Subscriptions of other government systems, what they are given, and its manifests.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE subscription (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    purpose TEXT NOT NULL,
    ends_on DATE NOT NULL,
    types TEXT[] NOT NULL,
    division TEXT,
    fields JSONB NOT NULL,
    way TEXT NOT NULL,
    target JSONB NOT NULL,
    proposed JSONB,
    pseudonym_key TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    stopped_by TEXT,
    entered_by TEXT NOT NULL,
    entered_at TIMESTAMPTZ NOT NULL,
    approved_by TEXT,
    approved_at TIMESTAMPTZ,
    kept_since TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    next_sequence BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT pk_subscription PRIMARY KEY (id)
);
CREATE INDEX ix_subscription_subscriber_id ON subscription (subscriber, id);

CREATE TABLE public_event (
    position BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    division TEXT,
    envelope JSONB NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_public_event PRIMARY KEY (position)
);
CREATE FUNCTION notify_public_event() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_notify('cqo_public_events', ''); RETURN NULL; END$$;
CREATE TRIGGER notify_public_event AFTER INSERT ON public_event
    FOR EACH STATEMENT EXECUTE FUNCTION notify_public_event();

CREATE TABLE public_place (
    aggregate TEXT NOT NULL,
    division TEXT,
    CONSTRAINT pk_public_place PRIMARY KEY (aggregate)
);

CREATE TABLE own_feed_place (
    id INTEGER NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_own_feed_place PRIMARY KEY (id),
    CONSTRAINT ck_own_feed_place_one_row CHECK (id = 1)
);

CREATE TABLE subscription_event (
    subscription_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    previous_sequence BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    partitionkey TEXT NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    body TEXT NOT NULL,
    "left" BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_subscription_event PRIMARY KEY (subscription_id, sequence)
);
CREATE FUNCTION notify_subscription_event() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_notify('cqo_subscription_events', ''); RETURN NULL; END$$;
CREATE TRIGGER notify_subscription_event AFTER INSERT ON subscription_event
    FOR EACH STATEMENT EXECUTE FUNCTION notify_subscription_event();

CREATE TABLE subscription_manifest (
    subscription_id TEXT NOT NULL,
    day DATE NOT NULL,
    number BIGINT NOT NULL,
    first_sequence BIGINT,
    last_sequence BIGINT NOT NULL,
    types JSONB NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_subscription_manifest PRIMARY KEY (subscription_id, day)
);
"""
DOWN = """
DROP TABLE subscription_manifest, subscription_event, own_feed_place, public_place, public_event, subscription;
DROP FUNCTION notify_subscription_event();
DROP FUNCTION notify_public_event();
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
