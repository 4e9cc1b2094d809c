"""The proof and the summary are read from counts that the database keeps of every row that comes and goes.

Revision ID: 0011
Revises: 0010

Whoever writes waits until what is there has been counted; the service is stopped for 0004 anyhow.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# It reads every notice, which may take longer than a migration is given otherwise.
PATIENCE = "SET LOCAL statement_timeout = '30min'"
TABLES = """
CREATE TABLE cause_change (
    day DATE NOT NULL,
    division TEXT,
    type TEXT NOT NULL,
    ruleset INTEGER NOT NULL,
    person BOOLEAN NOT NULL,
    enterprise BOOLEAN NOT NULL,
    late TEXT NOT NULL,
    number INTEGER NOT NULL
);
CREATE TABLE cause_sum (
    place TEXT NOT NULL,
    grain TEXT NOT NULL,
    since DATE NOT NULL,
    type TEXT NOT NULL,
    ruleset INTEGER NOT NULL,
    person BOOLEAN NOT NULL,
    enterprise BOOLEAN NOT NULL,
    division BOOLEAN NOT NULL,
    late TEXT NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT pk_cause_sum PRIMARY KEY (place, grain, since, type, ruleset, person, enterprise, division, late)
);
CREATE TABLE delivery_change (
    occurred DATE,
    written DATE NOT NULL,
    division TEXT,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    number INTEGER NOT NULL,
    maybe_repeated INTEGER NOT NULL
);
CREATE TABLE delivery_sum (
    place TEXT NOT NULL,
    basis TEXT NOT NULL,
    grain TEXT NOT NULL,
    since DATE NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    number BIGINT NOT NULL,
    maybe_repeated BIGINT NOT NULL,
    CONSTRAINT pk_delivery_sum PRIMARY KEY (place, basis, grain, since, kind, channel, state)
);
"""
# A row of changes costs its writer no wait for anybody, which a count would.
TRIGGERS = """
CREATE FUNCTION count_cause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO cause_change VALUES ((OLD.occurred_at AT TIME ZONE 'Asia/Shanghai')::date, OLD.division, OLD.type,
            OLD.ruleset, OLD.person_id IS NOT NULL, OLD.enterprise_id IS NOT NULL,
            coalesce(OLD.data ->> 'late', ''), -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO cause_change VALUES ((NEW.occurred_at AT TIME ZONE 'Asia/Shanghai')::date, NEW.division, NEW.type,
            NEW.ruleset, NEW.person_id IS NOT NULL, NEW.enterprise_id IS NOT NULL,
            coalesce(NEW.data ->> 'late', ''), 1);
    END IF;
    RETURN NULL;
END$$;
CREATE FUNCTION count_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO delivery_change VALUES (NULL, (OLD.created_at AT TIME ZONE 'Asia/Shanghai')::date, OLD.division,
            OLD.kind, '', '', -1, 0);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO delivery_change VALUES (NULL, (NEW.created_at AT TIME ZONE 'Asia/Shanghai')::date, NEW.division,
            NEW.kind, '', '', 1, 0);
    END IF;
    RETURN NULL;
END$$;
CREATE FUNCTION count_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO delivery_change
        SELECT (occurred_at AT TIME ZONE 'Asia/Shanghai')::date, (created_at AT TIME ZONE 'Asia/Shanghai')::date,
            notice.division, kind, OLD.channel, OLD.state, -1, -OLD.maybe_repeated
        FROM notice JOIN cause ON cause.id = cause_id WHERE notice.id = OLD.notice_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO delivery_change
        SELECT (occurred_at AT TIME ZONE 'Asia/Shanghai')::date, (created_at AT TIME ZONE 'Asia/Shanghai')::date,
            notice.division, kind, NEW.channel, NEW.state, 1, NEW.maybe_repeated
        FROM notice JOIN cause ON cause.id = cause_id WHERE notice.id = NEW.notice_id;
    END IF;
    RETURN NULL;
END$$;
CREATE TRIGGER cause_counted AFTER INSERT OR UPDATE OR DELETE ON cause
    FOR EACH ROW EXECUTE FUNCTION count_cause();
CREATE TRIGGER notice_counted AFTER INSERT OR UPDATE OR DELETE ON notice
    FOR EACH ROW EXECUTE FUNCTION count_notice();
CREATE TRIGGER delivery_counted AFTER INSERT OR DELETE ON delivery
    FOR EACH ROW EXECUTE FUNCTION count_delivery();
CREATE TRIGGER delivery_counted_anew AFTER UPDATE ON delivery
    FOR EACH ROW WHEN ((OLD.state, OLD.channel, OLD.maybe_repeated, OLD.notice_id)
        IS DISTINCT FROM (NEW.state, NEW.channel, NEW.maybe_repeated, NEW.notice_id))
    EXECUTE FUNCTION count_delivery();
"""
CAUSES = """
INSERT INTO cause_sum
SELECT place, grain, date_trunc(grain, day)::date, type, ruleset, person, enterprise, division IS NOT NULL, late,
    sum(number)
FROM (
    SELECT (occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS day, division, type, ruleset,
        person_id IS NOT NULL AS person, enterprise_id IS NOT NULL AS enterprise, coalesce(data ->> 'late', '') AS late,
        count(*) AS number
    FROM cause GROUP BY 1, 2, 3, 4, 5, 6, 7
) AS counted
CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain)
CROSS JOIN LATERAL (SELECT '' UNION ALL SELECT division WHERE division IS NOT NULL) AS places (place)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
DELIVERIES = """
INSERT INTO delivery_sum
SELECT place, basis, grain, date_trunc(grain, day)::date, kind, channel, state, sum(number), sum(maybe_repeated)
FROM (
    SELECT (occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS occurred,
        (created_at AT TIME ZONE 'Asia/Shanghai')::date AS written, notice.division, kind, channel, state,
        count(*) AS number, sum(maybe_repeated) AS maybe_repeated
    FROM delivery JOIN notice ON notice.id = notice_id JOIN cause ON cause.id = cause_id GROUP BY 1, 2, 3, 4, 5, 6
    UNION ALL
    SELECT NULL, (created_at AT TIME ZONE 'Asia/Shanghai')::date, division, kind, '', '', count(*), 0
    FROM notice GROUP BY 2, 3, 4
) AS counted
CROSS JOIN LATERAL (VALUES ('occurred', occurred), ('written', written)) AS days (basis, day)
CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain)
CROSS JOIN LATERAL (SELECT '' UNION ALL SELECT division WHERE division IS NOT NULL) AS places (place)
WHERE day IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
FILL = (CAUSES, DELIVERIES)


def upgrade() -> None:
    op.execute(PATIENCE)
    op.execute(TABLES)
    op.execute(TRIGGERS)
    for statement in FILL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER delivery_counted ON delivery; DROP TRIGGER delivery_counted_anew ON delivery")
    op.execute("DROP TRIGGER notice_counted ON notice; DROP TRIGGER cause_counted ON cause")
    op.execute("DROP FUNCTION count_delivery(), count_notice(), count_cause()")
    op.execute("DROP TABLE delivery_sum, delivery_change, cause_sum, cause_change")
