"""The tables of the audit log from version 6 of the chassis's tables on; see `chassis_tables`."""

# The version before enters and chains an entry in one, under the lock of the head; both may run side by side: it goes
# on to give `seq` itself, and `number` by its default. The rows that are there get their number in the rewriting of
# the table, which asks no trigger.
V6 = """
CREATE SEQUENCE audit_log_number_seq;
ALTER TABLE audit_log ADD COLUMN number BIGINT;
ALTER TABLE audit_log ALTER COLUMN number TYPE BIGINT USING seq;
ALTER TABLE audit_log
    DROP CONSTRAINT pk_audit_log,
    ALTER COLUMN seq DROP NOT NULL,
    ALTER COLUMN previous_hash DROP NOT NULL,
    ALTER COLUMN hash DROP NOT NULL,
    ALTER COLUMN number SET DEFAULT nextval('audit_log_number_seq'),
    ADD CONSTRAINT pk_audit_log PRIMARY KEY (number),
    ADD CONSTRAINT uq_audit_log_seq UNIQUE (seq),
    ADD CONSTRAINT ck_audit_log_sealed CHECK (num_nulls(seq, previous_hash, hash) IN (0, 3));
ALTER SEQUENCE audit_log_number_seq OWNED BY audit_log.number;
SELECT setval('audit_log_number_seq', coalesce(max(number), 0) + 1, false) FROM audit_log;
CREATE INDEX ix_audit_log_unsealed ON audit_log (number) WHERE seq IS NULL;

DROP TRIGGER audit_log_append_only ON audit_log;
CREATE TRIGGER audit_log_append_only BEFORE DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_log_sealed_once BEFORE UPDATE ON audit_log FOR EACH ROW
    WHEN (OLD.seq IS NOT NULL OR NEW.seq IS NULL
        OR (NEW.number, NEW.at, NEW.actor, NEW.role, NEW.action, NEW.subject, NEW.entry)
        IS DISTINCT FROM (OLD.number, OLD.at, OLD.actor, OLD.role, OLD.action, OLD.subject, OLD.entry))
    EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE audit_checkpoint (
    service TEXT NOT NULL,
    seal BIGINT NOT NULL,
    hash TEXT NOT NULL,
    number INTEGER NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    signed TEXT NOT NULL,
    contradicts BOOLEAN NOT NULL DEFAULT false,
    kept_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT pk_audit_checkpoint PRIMARY KEY (service, seal, hash)
);
CREATE INDEX ix_audit_checkpoint_number ON audit_checkpoint (service, number);
CREATE INDEX ix_audit_checkpoint_contradicts ON audit_checkpoint (service) WHERE contradicts;
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
"""
# Only while no entry waits for its seal. What was sealed by version 6 stays, and the version before can't verify it.
V6_DOWN = """
DROP TABLE audit_checkpoint;
DROP TRIGGER audit_log_append_only ON audit_log;
DROP TRIGGER audit_log_sealed_once ON audit_log;
DROP INDEX ix_audit_log_unsealed;
ALTER TABLE audit_log
    DROP CONSTRAINT ck_audit_log_sealed,
    DROP CONSTRAINT uq_audit_log_seq,
    DROP COLUMN number,
    ALTER COLUMN previous_hash SET NOT NULL,
    ALTER COLUMN hash SET NOT NULL,
    ADD CONSTRAINT pk_audit_log PRIMARY KEY (seq);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
"""
