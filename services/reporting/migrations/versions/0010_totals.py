"""Figures of any day are read from sums of what changed, and their records from what each enterprise counted as.

Revision ID: 0010
Revises: 0009

The version before does not keep the sums, so its worker is stopped before, as it must be for 0004 too. Deliveries that
have passed are summed in the same way.
"""

from alembic import op

from chassis.data import indexes

revision = "0010"
down_revision = "0009"
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
CREATE INDEX ix_enrolment_class_id ON enrolment (class_id);
"""

COUNTS = """
CREATE TABLE {table} (
    figure TEXT NOT NULL,
    grain TEXT NOT NULL,
    since DATE NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    lane SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT pk_{table} PRIMARY KEY (grain, since, figure, state, kind, channel, lane)
)
"""
DELIVERY_SUM = """
CREATE TABLE delivery_sum (
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    "on" DATE NOT NULL,
    failed_on DATE,
    number BIGINT NOT NULL,
    CONSTRAINT uq_delivery_sum_kind_channel_state_on_failed_on
        UNIQUE NULLS NOT DISTINCT (kind, channel, state, "on", failed_on)
)
"""

# It reads every history, which may take longer than a migration is given otherwise.
PATIENCE = "SET LOCAL statement_timeout = '30min'"

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
INSERT INTO {table} (figure, grain, since, state, kind, channel, lane, number)
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
# One that failed counts as failed until the day on which it ended otherwise.
DELIVERIES = """
    SELECT "on" AS day, state, kind, channel, {number} AS number FROM {source}
    UNION ALL SELECT failed_on, 'failed', kind, channel, {number} FROM {source} WHERE failed_on < "on"
    UNION ALL SELECT "on", 'failed', kind, channel, -{number} FROM {source} WHERE failed_on < "on"
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
    FACTS.format(table="count_change", figure="filing", facts=FILINGS),
    FACTS.format(table="count_change", figure="enrolment", facts=ENROLMENTS),
    FACTS.format(table="count_change", figure="delivery", facts=DELIVERIES.format(source="delivery", number="1")),
)
PASSED = (
    "ALTER TABLE delivery_sum RENAME TO delivery_passed",
    COUNTS.format(table="delivery_sum"),
    FACTS.format(
        table="delivery_sum", figure="delivery", facts=DELIVERIES.format(source="delivery_passed", number="number")
    ),
    "DROP TABLE delivery_passed",
)
# The days are summed up there too, so less of a state from a day on is a negative number of it.
PASSED_DOWN = (
    "ALTER TABLE delivery_sum RENAME TO delivery_passed",
    DELIVERY_SUM,
    'INSERT INTO delivery_sum (kind, channel, state, "on", number) SELECT kind, channel, state, since, sum(number) '
    "FROM delivery_passed WHERE grain = 'day' GROUP BY kind, channel, state, since",
    "DROP TABLE delivery_passed",
)


def upgrade() -> None:
    indexes.index_audit_log(op)
    op.execute(PATIENCE)
    op.execute(TABLES)
    op.execute(COUNTS.format(table="count_change"))
    for statement in (*FILL, *PASSED):
        op.execute(statement)


def downgrade() -> None:
    for statement in PASSED_DOWN:
        op.execute(statement)
    op.execute("DROP INDEX ix_enrolment_class_id")
    op.execute("DROP TABLE count_change, coverage_change, coverage_period")
    indexes.unindex_audit_log(op)
