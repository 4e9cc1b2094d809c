"""Deliveries leave the house by e-mail, by text message and by robot; some are gathered into one message.

Revision ID: 0019
Revises: 0018

Senders of the version before know one channel only: name `sms` or `robot` in a rule set when all run the new one.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = {
    "delivered_at": "TIMESTAMPTZ",
    "message_id": "TEXT",
    "waits_for": "TEXT",
    "gathers_at": "TIMESTAMPTZ",
    "gather_key": "TEXT",
    "digest_id": "TEXT",
}
TABLES = """
CREATE TABLE digest (
    id TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    notices TEXT[] NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_digest PRIMARY KEY (id)
);
CREATE INDEX ix_digest_created_at ON digest (created_at);
CREATE TABLE limit_usage (
    key TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    used INTEGER NOT NULL,
    CONSTRAINT pk_limit_usage PRIMARY KEY (key)
);
CREATE TABLE robot (
    division TEXT NOT NULL,
    sealed TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_robot PRIMARY KEY (division)
);
CREATE TABLE bad_address (
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    sealed TEXT NOT NULL,
    reason TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_bad_address PRIMARY KEY (owner_kind, owner_id, channel)
);
"""
# Each channel's senders listen for themselves: letters by e-mail do not wake those that send text messages.
WAKE = """
CREATE OR REPLACE FUNCTION notify_letters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(CASE NEW.channel WHEN 'email' THEN 'cqo_letters' ELSE 'cqo_letters_' || NEW.channel END, '');
    RETURN NULL;
END$$
"""
WAKE_ALL = (
    "CREATE OR REPLACE FUNCTION notify_letters() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN PERFORM pg_notify('cqo_letters', ''); RETURN NULL; END$$"
)
# A letter that the version before may have handed over comes again under the identity that it had then.
KEEP_IDENTITIES = "UPDATE delivery SET message_id = id WHERE channel = 'email' AND state IN ('pending', 'sending')"


def upgrade() -> None:
    op.execute("ALTER TABLE delivery " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items()))
    op.execute(KEEP_IDENTITIES)
    op.execute(TABLES)
    op.execute(WAKE)


def downgrade() -> None:
    op.execute(WAKE_ALL)
    op.execute("DROP TABLE bad_address, robot, limit_usage, digest")
    op.execute("ALTER TABLE delivery " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS))
