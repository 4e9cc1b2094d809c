"""The outbox by months, and what is kept of events that are gone: version 7 of the chassis's tables.

`outbox` is partitioned by the instant of publication. What is unpublished lies in the default partition; publishing an
event moves it into its month. So a month is a run of positions of the feed, and it can be dropped or archived whole.
The table of the version before becomes the default partition without being rewritten.
"""

# Until when what was published stays where it is: checked for what is written from now on; what is there already is
# checked without holding anybody up. An empty table begins with this month; one with events in it, which the version
# before goes on writing meanwhile, has until the month after next.
BOUND = """
DO $$
DECLARE
    bound TIMESTAMPTZ := date_trunc('month', coalesce(
        (SELECT greatest(max(published_at), now()) + interval '2 months' FROM outbox HAVING count(*) > 0), now()
    ), 'UTC');
BEGIN
    ALTER TABLE outbox DROP CONSTRAINT IF EXISTS ck_outbox_first;
    EXECUTE format('ALTER TABLE outbox ADD CONSTRAINT ck_outbox_first '
        'CHECK (published_at IS NULL OR published_at < %L) NOT VALID', bound);
END$$;
"""
VALIDATE = "ALTER TABLE outbox VALIDATE CONSTRAINT ck_outbox_first"

# A month's own indexes. Uniqueness holds within a month; across them an aggregate's row lock keeps its versions apart,
# and the one relay the positions.
TABLES = """
ALTER TABLE outbox RENAME TO outbox_unpublished;
CREATE TABLE outbox (LIKE outbox_unpublished INCLUDING DEFAULTS) PARTITION BY RANGE (published_at);
ALTER SEQUENCE outbox_seq_seq OWNED BY outbox.seq;
ALTER TABLE outbox ATTACH PARTITION outbox_unpublished DEFAULT;
DROP TRIGGER notify_outbox ON outbox_unpublished;
CREATE TRIGGER notify_outbox AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();

CREATE TABLE outbox_month (
    name TEXT NOT NULL,
    starts TIMESTAMPTZ NOT NULL,
    ends TIMESTAMPTZ NOT NULL,
    first_position BIGINT,
    last_position BIGINT,
    gone_at TIMESTAMPTZ,
    archived_as TEXT,
    CONSTRAINT pk_outbox_month PRIMARY KEY (name)
);

CREATE TABLE outbox_digested (
    id INTEGER NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_outbox_digested PRIMARY KEY (id),
    CONSTRAINT ck_outbox_digested_one_row CHECK (id = 1)
);
INSERT INTO outbox_digested VALUES (1, 0);

CREATE TABLE outbox_head (
    aggregate_type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    event_id UUID NOT NULL,
    division TEXT,
    occurred_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_outbox_head PRIMARY KEY (aggregate_type, aggregate_id)
);

CREATE TABLE outbox_tally (
    type TEXT NOT NULL,
    published BIGINT NOT NULL,
    id_sum NUMERIC NOT NULL,
    CONSTRAINT pk_outbox_tally PRIMARY KEY (type)
);

CREATE TABLE outbox_kept (
    aggregate_type TEXT NOT NULL,
    begins TIMESTAMPTZ,
    CONSTRAINT pk_outbox_kept PRIMARY KEY (aggregate_type)
);

CREATE TABLE upkeep (
    job TEXT NOT NULL,
    ended_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_upkeep PRIMARY KEY (job)
);

CREATE TABLE inbox_passing (
    aggregate_type TEXT NOT NULL,
    begins TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_inbox_passing PRIMARY KEY (aggregate_type)
);
ALTER TABLE inbox_cursor ADD COLUMN event_time TIMESTAMPTZ;
CREATE OR REPLACE FUNCTION forget_event_id() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.event_id := NULL; NEW.event_time := NULL; RETURN NEW; END$$;
"""

# A database without events needs no index for what is published in its default partition but for an odd row.
EMPTY = """
DO $$BEGIN
IF NOT EXISTS (SELECT FROM outbox) THEN
    ALTER TABLE outbox_unpublished DROP CONSTRAINT uq_outbox_id, DROP CONSTRAINT uq_outbox_feed_position;
    DROP INDEX ix_outbox_aggregate, ix_outbox_type, ix_outbox_unpublished;
    CREATE UNIQUE INDEX ON outbox_unpublished (feed_position) WHERE feed_position IS NOT NULL;
    CREATE INDEX ON outbox_unpublished (aggregate_id, feed_position) WHERE feed_position IS NOT NULL;
    CREATE INDEX ON outbox_unpublished (type, feed_position) WHERE feed_position IS NOT NULL;
END IF;
END$$;
"""

# The service's role may call these, and need not own the tables. `outbox_later` takes what no month has been made for,
# so that a job that does not run keeps nothing from being published.
FUNCTIONS = """
CREATE FUNCTION outbox_make_part(part TEXT, starts TIMESTAMPTZ, ends TEXT) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS)', part);
    EXECUTE format('CREATE UNIQUE INDEX ON %I (feed_position)', part);
    EXECUTE format('CREATE UNIQUE INDEX ON %I (aggregate_type, aggregate_id, aggregate_version)', part);
    EXECUTE format('CREATE INDEX ON %I (aggregate_id, feed_position)', part);
    EXECUTE format('CREATE INDEX ON %I (type, feed_position)', part);
    IF to_regclass('outbox_later') IS NOT NULL THEN
        EXECUTE format('WITH moved AS (DELETE FROM outbox_later WHERE published_at < %L RETURNING *) '
            'INSERT INTO %I SELECT * FROM moved', ends, part);
    END IF;
    EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%s)', part, starts,
        CASE ends WHEN 'infinity' THEN 'MAXVALUE' ELSE quote_literal(ends) END);
END$$;

CREATE FUNCTION outbox_make_month(until TIMESTAMPTZ) RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    begins TIMESTAMPTZ := (SELECT max(ends) FROM outbox_month);
    this_month TIMESTAMPTZ := date_trunc('month', until - interval '3 months', 'UTC');
    stops TIMESTAMPTZ;
    part TEXT := 'outbox_' || to_char(begins AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
    IF begins IS NULL OR until IS NULL OR NOT isfinite(until) OR begins >= until THEN
        RETURN false;
    END IF;
    ALTER TABLE outbox DETACH PARTITION outbox_later;
    -- A clock that was moved far leaves months in which nothing was published: these share a partition.
    stops := coalesce((SELECT min(published_at) FROM outbox_later), this_month);
    stops := greatest(date_trunc('month', least(stops, this_month), 'UTC'), begins + interval '1 month');
    PERFORM outbox_make_part(part, begins, stops::text);
    ALTER TABLE outbox_later RENAME TO outbox_before_later;
    EXECUTE format('ALTER TABLE outbox ATTACH PARTITION outbox_before_later FOR VALUES FROM (%L) TO (MAXVALUE)', stops);
    ALTER TABLE outbox_before_later RENAME TO outbox_later;
    INSERT INTO outbox_month (name, starts, ends) VALUES (part, begins, stops);
    RETURN true;
END$$;

CREATE FUNCTION outbox_drop_month(part TEXT, archive TEXT) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
BEGIN
    UPDATE outbox_month SET gone_at = now(), archived_as = archive
        WHERE name = part AND last_position IS NOT NULL AND gone_at IS NULL AND name <> 'outbox_unpublished';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% is no month of the outbox that can go', part;
    END IF;
    EXECUTE format('ALTER TABLE outbox DETACH PARTITION %I', part);
    EXECUTE format('DROP TABLE %I', part);
END$$;
"""

FIRST = """
DO $$
DECLARE
    bound TIMESTAMPTZ := (SELECT substring(pg_get_constraintdef(oid) FROM '''([^'']+)''')::timestamptz
        FROM pg_constraint WHERE conname = 'ck_outbox_first');
BEGIN
    INSERT INTO outbox_month (name, starts, ends) VALUES ('outbox_unpublished', '-infinity', bound);
    PERFORM outbox_make_part('outbox_later', bound, 'infinity');
    WHILE outbox_make_month(date_trunc('month', now() + interval '3 months', 'UTC')) LOOP NULL; END LOOP;
END$$;
"""

# Months that are archived do not come back.
DOWN = """
ALTER SEQUENCE outbox_seq_seq OWNED BY NONE;
ALTER TABLE outbox DETACH PARTITION outbox_unpublished;
ALTER TABLE outbox_unpublished DROP CONSTRAINT ck_outbox_first;
INSERT INTO outbox_unpublished SELECT * FROM outbox;
DROP TABLE outbox;
DROP FUNCTION outbox_make_part, outbox_make_month, outbox_drop_month;
DROP INDEX IF EXISTS outbox_unpublished_feed_position_idx, outbox_unpublished_aggregate_id_feed_position_idx,
    outbox_unpublished_type_feed_position_idx;
ALTER TABLE outbox_unpublished RENAME TO outbox;
ALTER SEQUENCE outbox_seq_seq OWNED BY outbox.seq;
CREATE TRIGGER notify_outbox AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();
DO $$BEGIN
IF to_regclass('uq_outbox_id') IS NULL THEN
    ALTER TABLE outbox ADD CONSTRAINT uq_outbox_id UNIQUE (id),
        ADD CONSTRAINT uq_outbox_feed_position UNIQUE (feed_position);
    CREATE INDEX ix_outbox_aggregate ON outbox (aggregate_id, feed_position);
    CREATE INDEX ix_outbox_type ON outbox (type, feed_position);
    CREATE INDEX ix_outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;
END IF;
END$$;
DROP TABLE outbox_month, outbox_digested, outbox_head, outbox_tally, outbox_kept, upkeep, inbox_passing;
CREATE OR REPLACE FUNCTION forget_event_id() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.event_id := NULL; RETURN NEW; END$$;
ALTER TABLE inbox_cursor DROP COLUMN event_time;
"""
