"""Figures of any day are read from sums of what changed, and their records from what each enterprise counted as.

Revision ID: 0013
Revises: 0010

Stop this service's worker before: the version before does not keep the sums, and what it applied meanwhile would be
missing in them.
"""

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE coverage_period (
    enterprise_id TEXT NOT NULL,
    since DATE NOT NULL,
    until DATE,
    division TEXT NOT NULL,
    above_threshold BOOLEAN NOT NULL,
    award_contender BOOLEAN NOT NULL,
    brand_contender BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT pk_coverage_period PRIMARY KEY (enterprise_id, since)
);
CREATE INDEX ix_coverage_period_division_state ON coverage_period (division, state, enterprise_id);
CREATE TABLE coverage_change (
    grain TEXT NOT NULL,
    since DATE NOT NULL,
    division TEXT NOT NULL,
    above_threshold BOOLEAN NOT NULL,
    award_contender BOOLEAN NOT NULL,
    brand_contender BOOLEAN NOT NULL,
    enterprises BIGINT NOT NULL,
    active BIGINT NOT NULL,
    suspended BIGINT NOT NULL,
    CONSTRAINT pk_coverage_change
        PRIMARY KEY (grain, since, division, above_threshold, award_contender, brand_contender)
);
CREATE TABLE count_change (
    figure TEXT NOT NULL,
    grain TEXT NOT NULL,
    since DATE NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    lane SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT pk_count_change PRIMARY KEY (grain, since, figure, state, kind, channel, lane)
);
CREATE INDEX ix_enrolment_class_id ON enrolment (class_id);
"""

# It reads every history, which may take longer than a migration is given otherwise.
PATIENCE = "SET LOCAL statement_timeout = '30min'"
WORKERS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name")

PERIODS = """
WITH days AS (
    SELECT enterprise_id, "on" FROM enterprise_history UNION SELECT enterprise_id, "on" FROM appointment_history
), held AS (
    SELECT days.enterprise_id, days."on" AS since, own.division, own.above_threshold, own.award_contender,
        own.brand_contender,
        CASE WHEN post.active THEN 'active' WHEN post.suspended THEN 'suspended' ELSE 'none' END AS state
    FROM days
    CROSS JOIN LATERAL (
        SELECT * FROM enterprise_history AS history
        WHERE history.enterprise_id = days.enterprise_id AND history."on" <= days."on"
        ORDER BY version DESC LIMIT 1
    ) AS own
    CROSS JOIN LATERAL (
        SELECT bool_or(status = 'active') AS active, bool_or(status = 'suspended') AS suspended FROM (
            SELECT DISTINCT ON (appointment_id) status FROM appointment_history AS history
            WHERE history.enterprise_id = days.enterprise_id AND history."on" <= days."on"
            ORDER BY appointment_id, version DESC
        ) AS latest
    ) AS post
), compared AS (
    SELECT *, lag(concat_ws(' ', division, above_threshold, award_contender, brand_contender, state))
        OVER (PARTITION BY enterprise_id ORDER BY since) AS before
    FROM held
)
INSERT INTO coverage_period (enterprise_id, since, until, division, above_threshold, award_contender, brand_contender,
    state)
SELECT enterprise_id, since, lead(since) OVER (PARTITION BY enterprise_id ORDER BY since), division, above_threshold,
    award_contender, brand_contender, state
FROM compared
WHERE before IS DISTINCT FROM concat_ws(' ', division, above_threshold, award_contender, brand_contender, state)
"""
COVERAGE = """
INSERT INTO coverage_change (grain, since, division, above_threshold, award_contender, brand_contender, enterprises,
    active, suspended)
SELECT grain, date_trunc(grain, day)::date, division, above_threshold, award_contender, brand_contender, sum(number),
    coalesce(sum(number) FILTER (WHERE state = 'active'), 0),
    coalesce(sum(number) FILTER (WHERE state = 'suspended'), 0)
FROM (
    SELECT since AS day, 1 AS number, coverage_period.* FROM coverage_period
    UNION ALL SELECT until, -1, coverage_period.* FROM coverage_period WHERE until IS NOT NULL
) AS ends
CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5, 6
"""
# In turn: of each object, what held from each day that a record begins on; where that differs from the day before; and
# one more of what began to hold then, one less of what ceased to.
STATUSES = """
WITH held AS (
    SELECT {key} AS key, "on", (
        SELECT status FROM {table} AS earlier WHERE earlier.{key} = {table}.{key} AND earlier."on" <= {table}."on"
        ORDER BY version DESC LIMIT 1
    ) AS status FROM {table} GROUP BY {key}, "on"
), compared AS (
    SELECT *, lag(status) OVER (PARTITION BY key ORDER BY "on") AS before FROM held
), ends AS (
    SELECT "on", status, 1 AS number FROM compared WHERE before IS DISTINCT FROM status
    UNION ALL SELECT "on", before, -1 FROM compared WHERE before <> status
)
INSERT INTO count_change (figure, grain, since, state, kind, channel, lane, number)
SELECT '{figure}', grain, date_trunc(grain, "on")::date, status, '', '', 0, sum(number)
FROM ends CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain)
GROUP BY grain, date_trunc(grain, "on")::date, status HAVING sum(number) <> 0
"""
FACTS = """
INSERT INTO count_change (figure, grain, since, state, kind, channel, lane, number)
SELECT '{figure}', grain, date_trunc(grain, day)::date, state, kind, channel, 0, sum(number)
FROM ({facts}) AS facts CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain)
GROUP BY grain, date_trunc(grain, day)::date, state, kind, channel HAVING sum(number) <> 0
"""
FILINGS = """
    SELECT "on" AS day, CASE WHEN late THEN 'late' ELSE 'in_time' END AS state, '' AS kind, '' AS channel, 1 AS number
    FROM filing
"""
ENROLMENTS = """
    SELECT "on" AS day, CASE WHEN passed THEN 'passed' ELSE 'failed' END AS state, kind, '' AS channel, 1 AS number
    FROM enrolment JOIN training_class USING (class_id)
"""
DELIVERIES = """
    SELECT "on" AS day, state, kind, channel, 1 AS number FROM delivery
    UNION ALL SELECT failed_on, 'failed', kind, channel, 1 FROM delivery WHERE failed_on < "on"
    UNION ALL SELECT "on", 'failed', kind, channel, -1 FROM delivery WHERE failed_on < "on"
"""
FILL = (
    PERIODS,
    COVERAGE,
    *(
        STATUSES.format(figure=figure, table=f"{figure}_history", key=key)
        for figure, key in (
            ("certificate", "certificate_id"),
            ("talent", "person_id"),
            ("appointment", "appointment_id"),
        )
    ),
    FACTS.format(figure="filing", facts=FILINGS),
    FACTS.format(figure="enrolment", facts=ENROLMENTS),
    FACTS.format(figure="delivery", facts=DELIVERIES),
)


def upgrade() -> None:
    if op.get_bind().execute(WORKERS, {"name": "reporting-worker"}).scalar():
        raise InvalidRequestError("the worker runs; stop all its replicas, migrate, and start the new version")
    op.execute(PATIENCE)
    op.execute(TABLES)
    for statement in FILL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX ix_enrolment_class_id")
    op.execute("DROP TABLE count_change, coverage_change, coverage_period")
