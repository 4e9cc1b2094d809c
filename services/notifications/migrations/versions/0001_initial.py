"""The tables of notifications, the chassis's tables, and the first rule set.

Revision ID: 0001
Revises:
"""

from alembic import op
from sqlalchemy import text

from chassis.data import chassis_tables
from programme import programme_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The source says nothing of channels; a later rule set may name others for single kinds.
RULESET_1 = """
{
    "channels": ["inbox", "email"],
    "channels_by_kind": {},
    "address_wait_days": 30,
    "signature": "吉林省实施质量强省战略联席会议办公室"
}
"""

TABLES = """
CREATE TABLE person (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT,
    CONSTRAINT pk_person PRIMARY KEY (id)
);

CREATE TABLE enterprise (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    division TEXT NOT NULL,
    CONSTRAINT pk_enterprise PRIMARY KEY (id)
);

CREATE TABLE appointment (
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    position TEXT NOT NULL,
    made_on DATE NOT NULL,
    ended_on DATE,
    CONSTRAINT pk_appointment PRIMARY KEY (id)
);
CREATE INDEX ix_appointment_person_id ON appointment (person_id);

CREATE TABLE training_class (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_training_class PRIMARY KEY (id)
);

CREATE TABLE contact (
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    CONSTRAINT pk_contact PRIMARY KEY (owner_kind, owner_id)
);

CREATE TABLE cause (
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    division TEXT,
    person_id TEXT,
    enterprise_id TEXT,
    data JSONB NOT NULL,
    ruleset INTEGER NOT NULL,
    CONSTRAINT pk_cause PRIMARY KEY (id)
);
CREATE INDEX ix_cause_occurred_at ON cause (occurred_at);

CREATE TABLE notice (
    id TEXT NOT NULL,
    cause_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    division TEXT,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_notice PRIMARY KEY (id),
    CONSTRAINT uq_notice_cause_id_kind_recipient_kind_recipient_id
        UNIQUE (cause_id, kind, recipient_kind, recipient_id),
    CONSTRAINT fk_notice_cause_id FOREIGN KEY(cause_id) REFERENCES cause (id)
);
CREATE INDEX ix_notice_division ON notice (division);
CREATE INDEX ix_notice_recipient_kind_recipient_id_id ON notice (recipient_kind, recipient_id, id);

CREATE TABLE delivery (
    id TEXT NOT NULL,
    notice_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    maybe_repeated INTEGER NOT NULL,
    sender INTEGER,
    address TEXT,
    answer TEXT,
    next_attempt_at TIMESTAMPTZ,
    sent_at TIMESTAMPTZ,
    CONSTRAINT pk_delivery PRIMARY KEY (id),
    CONSTRAINT uq_delivery_notice_id_channel UNIQUE (notice_id, channel),
    CONSTRAINT fk_delivery_notice_id FOREIGN KEY(notice_id) REFERENCES notice (id)
);
CREATE INDEX ix_delivery_pending ON delivery (next_attempt_at, id) WHERE state = 'pending';
CREATE INDEX ix_delivery_sending ON delivery (sender) WHERE state = 'sending';
CREATE INDEX ix_delivery_no_address ON delivery (id) WHERE state = 'no_address';

CREATE TABLE reading (
    notice_id TEXT NOT NULL,
    reader TEXT NOT NULL,
    read_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_reading PRIMARY KEY (notice_id, reader),
    CONSTRAINT fk_reading_notice_id FOREIGN KEY(notice_id) REFERENCES notice (id)
);
"""


def upgrade() -> None:
    chassis_tables.create_v1(op)
    programme_tables.create_v1(op)
    op.execute(TABLES)
    op.execute(
        text(
            "INSERT INTO ruleset (version, effective_from, document, parameters, published_at) "
            "VALUES (1, '2013-09-18', '吉质联办〔2013〕10号', CAST(:parameters AS jsonb), now())"
        ).bindparams(parameters=RULESET_1)
    )


def downgrade() -> None:
    op.execute("DROP TABLE reading, delivery, notice, cause, contact, training_class, appointment, enterprise, person")
    programme_tables.drop_v1(op)
    chassis_tables.drop_v1(op)
