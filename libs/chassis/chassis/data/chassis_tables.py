"""The chassis's tables, for the first migration of each service.

A released function here never changes: databases have been made by it. A change comes as a function of its own
(`create_v2`, from the migration that needs it), and works with the running version: first expand, later contract.
"""

from __future__ import annotations

from chassis.data import outbox_months, outbox_moves
from chassis.data.audit_tables import V6, V6_DOWN
from chassis.data.indexes import Operations, index_audit_log, index_due_days, make_indexes

V1 = """
CREATE TABLE outbox (
    seq BIGSERIAL,
    id UUID NOT NULL,
    aggregate_type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    aggregate_version INTEGER NOT NULL,
    type TEXT NOT NULL,
    data JSONB NOT NULL,
    division TEXT,
    correlation_id TEXT,
    occurred_at TIMESTAMPTZ NOT NULL,
    published_at TIMESTAMPTZ,
    feed_position BIGINT,
    CONSTRAINT pk_outbox PRIMARY KEY (seq),
    CONSTRAINT uq_outbox_id UNIQUE (id),
    CONSTRAINT uq_outbox_aggregate_type_aggregate_id_aggregate_version
        UNIQUE (aggregate_type, aggregate_id, aggregate_version),
    CONSTRAINT uq_outbox_feed_position UNIQUE (feed_position)
);
CREATE INDEX ix_outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;
CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_notify('cqo_outbox', ''); RETURN NULL; END$$;
CREATE TRIGGER notify_outbox AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();

CREATE TABLE inbox_cursor (
    aggregate TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_inbox_cursor PRIMARY KEY (aggregate)
);

CREATE TABLE inbox_parked (
    id BIGSERIAL,
    aggregate TEXT,
    version BIGINT,
    type TEXT,
    event JSONB,
    raw BYTEA,
    reason TEXT NOT NULL,
    detail TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ,
    parked_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_inbox_parked PRIMARY KEY (id),
    CONSTRAINT uq_inbox_parked_aggregate_version UNIQUE (aggregate, version)
);
CREATE INDEX ix_inbox_parked_next_attempt_at ON inbox_parked (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE inbox_applied (
    type TEXT NOT NULL,
    lane SMALLINT NOT NULL,
    applied BIGINT NOT NULL,
    CONSTRAINT pk_inbox_applied PRIMARY KEY (type, lane)
);

CREATE TABLE idempotency (
    key TEXT NOT NULL,
    caller TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BYTEA NOT NULL,
    headers JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_idempotency PRIMARY KEY (key, caller)
);
CREATE INDEX ix_idempotency_created_at ON idempotency (created_at);

CREATE TABLE audit_log (
    seq BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    entry TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (seq)
);
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION 'the audit log is append-only'; END$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE audit_head (
    id INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_audit_head PRIMARY KEY (id),
    CONSTRAINT ck_audit_head_one_row CHECK (id = 1)
);

CREATE TABLE due (
    id BIGSERIAL,
    kind TEXT NOT NULL,
    series TEXT NOT NULL,
    key TEXT NOT NULL,
    due_on DATE NOT NULL,
    payload JSONB NOT NULL,
    state TEXT NOT NULL DEFAULT 'planned',
    settled_at TIMESTAMPTZ,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before TIMESTAMPTZ,
    last_error TEXT,
    CONSTRAINT pk_due PRIMARY KEY (id),
    CONSTRAINT uq_due_kind_key UNIQUE (kind, key),
    CONSTRAINT ck_due_state CHECK (state IN ('planned', 'done', 'superseded', 'cancelled'))
);
CREATE INDEX ix_due_planned ON due (kind, due_on, id) WHERE state = 'planned';
CREATE INDEX ix_due_series ON due (series) WHERE state = 'planned';
"""

V1_TABLES = "outbox, inbox_cursor, inbox_parked, inbox_applied, idempotency, audit_log, audit_head, due"


# What was counted before has no sum: the sums of a type that was applied by the version before are not compared.
V2 = """
ALTER TABLE inbox_applied ADD COLUMN moved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inbox_applied ADD COLUMN id_sum NUMERIC;
"""


# Old rows have no id: they are compared by version alone until their aggregate's next event. Of a version there is one
# event that is to be applied, and beside it those that claim its place. The trigger is for the version before, which
# moves a cursor and leaves the id of an earlier event in it; a later migration drops it.
V3 = """
ALTER TABLE inbox_cursor ADD COLUMN event_id TEXT;
CREATE FUNCTION forget_event_id() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.event_id := NULL; RETURN NEW; END$$;
CREATE TRIGGER forget_event_id BEFORE UPDATE ON inbox_cursor FOR EACH ROW
    WHEN (OLD.version <> NEW.version AND OLD.event_id = NEW.event_id) EXECUTE FUNCTION forget_event_id();
CREATE UNIQUE INDEX uq_inbox_parked_place ON inbox_parked (aggregate, version) WHERE state <> 'conflict';
CREATE UNIQUE INDEX uq_inbox_parked_conflict ON inbox_parked (aggregate, version, (event ->> 'id'))
    WHERE state = 'conflict';
ALTER TABLE inbox_parked DROP CONSTRAINT uq_inbox_parked_aggregate_version;
"""
V3_DOWN = """
DELETE FROM inbox_parked WHERE state = 'conflict';
ALTER TABLE inbox_parked ADD CONSTRAINT uq_inbox_parked_aggregate_version UNIQUE (aggregate, version);
DROP INDEX uq_inbox_parked_place, uq_inbox_parked_conflict;
DROP TRIGGER forget_event_id ON inbox_cursor;
DROP FUNCTION forget_event_id();
ALTER TABLE inbox_cursor DROP COLUMN event_id;
"""


V4 = """
CREATE TABLE agreement (
    publisher TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    wanted_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    compared_at TIMESTAMPTZ,
    agreed_at TIMESTAMPTZ,
    problem TEXT,
    types JSONB NOT NULL DEFAULT '[]',
    CONSTRAINT pk_agreement PRIMARY KEY (publisher)
);
"""


V5 = {
    "ix_outbox_aggregate": "outbox (aggregate_id, feed_position)",
    "ix_outbox_type": "outbox (type, feed_position)",
}


def create_v1(op: Operations) -> None:
    """Makes the tables of chassis 1; `op` is alembic's."""
    op.execute(V1)


def drop_v1(op: Operations) -> None:
    """Removes the tables of chassis 1."""
    op.execute(f"DROP TABLE {V1_TABLES}; DROP FUNCTION notify_outbox(), refuse_audit_change()")


def create_v2(op: Operations) -> None:
    """What proves by identity, and not by count alone, that each event was applied once."""
    op.execute(V2)


def drop_v2(op: Operations) -> None:
    """Back to the counts alone."""
    op.execute("ALTER TABLE inbox_applied DROP COLUMN moved, DROP COLUMN id_sum")


def create_v3(op: Operations) -> None:
    """The cursor keeps the id of the event it stands at, and another event of the same version is kept beside it."""
    op.execute(V3)


def drop_v3(op: Operations) -> None:
    """Back to cursors that know versions alone."""
    op.execute(V3_DOWN)


def create_v4(op: Operations) -> None:
    """When a reader last compared with each publisher, and what it found."""
    op.execute(V4)


def drop_v4(op: Operations) -> None:
    """Without comparisons."""
    op.execute("DROP TABLE agreement")


def create_v5(op: Operations) -> None:
    """The feed of an aggregate and of a type by indexes."""
    make_indexes(op, V5)


def drop_v5(op: Operations) -> None:
    """Without these indexes."""
    op.execute(f"DROP INDEX {', '.join(V5)}")


def create_v6(op: Operations) -> None:
    """An audited write waits for no other: entries are sealed later, and checkpoints of the chain are kept.

    It rewrites the log, however long that takes.
    """
    op.execute("SET LOCAL statement_timeout = 0")
    op.execute(V6)


def drop_v6(op: Operations) -> None:
    """Back to entries that are chained as they are made."""
    op.execute(V6_DOWN)


def create_v7(op: Operations) -> None:
    """The outbox by months, made of the table that is there while the service goes on writing.

    However long the check of what is there takes, it holds up nobody; an interrupted attempt is made anew.
    """
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute(outbox_months.BOUND)
        op.execute(outbox_months.VALIDATE)
        op.execute("SET statement_timeout = '60s'")
    for statements in (outbox_months.TABLES, outbox_months.EMPTY, outbox_months.FUNCTIONS, outbox_months.FIRST):
        op.execute(statements)


def drop_v7(op: Operations) -> None:
    """All that is left in one table again."""
    op.execute(outbox_months.DOWN)


def create_v8(op: Operations) -> None:
    """Which events moved an aggregate to another division; whoever takes events in waits until all is noted."""
    op.execute("SET LOCAL statement_timeout = '30min'")
    op.execute("SELECT position FROM outbox_digested FOR UPDATE")
    op.execute(outbox_moves.TABLES)
    op.execute(outbox_moves.FILL)


def drop_v8(op: Operations) -> None:
    """Without them."""
    op.execute(outbox_moves.DOWN)


def create_all(op: Operations) -> None:
    """Makes all of the above, for a database that is made anew each time; a service's migrations name each version."""
    made = (create_v1, create_v2, create_v3, create_v4, create_v5, create_v6, create_v7, create_v8)
    for create in (*made, index_due_days, index_audit_log):
        create(op)
