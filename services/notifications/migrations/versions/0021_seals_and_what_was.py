"""Notices and deliveries are sealed; and what held of those concerned before it changed is kept, for the audit.

Revision ID: 0021
Revises: 0020

The columns are empty in rows that are there: what was written before this migration is not sealed, and `unsealed_until`
has the last day on which such rows may have been written. A fresh database has none.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE notice ADD COLUMN seal TEXT;
ALTER TABLE delivery ADD COLUMN seal TEXT;
CREATE TABLE unsealed_until (
    day DATE NOT NULL,
    CONSTRAINT pk_unsealed_until PRIMARY KEY (day)
);
INSERT INTO unsealed_until
SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date WHERE EXISTS (SELECT FROM notice);
CREATE TABLE former (
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    day DATE NOT NULL,
    content JSONB,
    CONSTRAINT pk_former PRIMARY KEY (number)
);
CREATE INDEX ix_former_kind_id_number ON former (kind, id, number);
CREATE INDEX ix_former_kind_day ON former (kind, day);
CREATE INDEX ix_former_valid_until ON former ((content ->> 'valid_until')) WHERE kind = 'certificate';
"""
FUNCTIONS = """
CREATE FUNCTION keep_former() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known jsonb := CASE WHEN TG_OP = 'INSERT' THEN to_jsonb(NEW) ELSE to_jsonb(OLD) END;
    told_now text := nullif(current_setting('cqo.now', true), '');
BEGIN
    INSERT INTO former (kind, id, until, day, content) VALUES (
        TG_TABLE_NAME, coalesce(known ->> 'id', (known ->> 'kind') || ':' || (known ->> 'subject')), clock_timestamp(),
        (coalesce(told_now::timestamptz, now()) AT TIME ZONE 'Asia/Shanghai')::date,
        CASE WHEN TG_OP <> 'INSERT' THEN known END
    );
    RETURN NULL;
END$$;
CREATE FUNCTION was(of_kind text, of_id text, at timestamptz) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    found_row jsonb;
BEGIN
    SELECT content INTO found_row FROM former
    WHERE former.kind = of_kind AND former.id = of_id AND former.until > at ORDER BY former.number LIMIT 1;
    IF FOUND THEN
        RETURN found_row;
    END IF;
    CASE of_kind
        WHEN 'person' THEN SELECT to_jsonb(person) INTO found_row FROM person WHERE person.id = of_id;
        WHEN 'enterprise' THEN SELECT to_jsonb(enterprise) INTO found_row FROM enterprise WHERE enterprise.id = of_id;
        WHEN 'appointment' THEN
            SELECT to_jsonb(appointment) INTO found_row FROM appointment WHERE appointment.id = of_id;
    END CASE;
    RETURN found_row;
END$$;
CREATE FUNCTION written_at(id text) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7' THEN
        to_timestamp(('x0000' || substr(id, 1, 8) || substr(id, 10, 4))::bit(64)::bigint / 1000.0)
    END
$$;
"""
# Each row as it was before it changed or went; of some also since when they are known here.
CHANGED = (
    "CREATE TRIGGER {table}_was AFTER UPDATE ON {table} FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) "
    "EXECUTE FUNCTION keep_former()",
    "CREATE TRIGGER {table}_is_gone AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_former()",
)
NEW = "CREATE TRIGGER {table}_is_new AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION keep_former()"
KEPT = ("person", "enterprise", "appointment", "certificate", "matter")
KNOWN_SINCE = ("appointment", "certificate")
DOWN = """
DROP FUNCTION keep_former(), was(text, text, timestamptz), written_at(text);
DROP TABLE former, unsealed_until;
ALTER TABLE delivery DROP COLUMN seal;
ALTER TABLE notice DROP COLUMN seal;
"""


def upgrade() -> None:
    op.execute(UP)
    op.execute(FUNCTIONS)
    for table in KEPT:
        for trigger in CHANGED:
            op.execute(trigger.format(table=table))
    for table in KNOWN_SINCE:
        op.execute(NEW.format(table=table))


def downgrade() -> None:
    for table in KNOWN_SINCE:
        op.execute(f"DROP TRIGGER {table}_is_new ON {table}")
    for table in KEPT:
        op.execute(f"DROP TRIGGER {table}_was ON {table}; DROP TRIGGER {table}_is_gone ON {table}")
    op.execute(DOWN)
