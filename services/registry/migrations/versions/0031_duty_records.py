"""Duty records of appointments, by when they are due, and what happens when that day has passed.

Revision ID: 0031
Revises: 0030
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE duty_report (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    year INTEGER NOT NULL,
    paper TEXT NOT NULL,
    due_on DATE,
    ruleset INTEGER NOT NULL,
    status TEXT NOT NULL,
    submitted_on DATE,
    late BOOLEAN,
    decided_on DATE,
    return_reason TEXT,
    overdue_on DATE,
    CONSTRAINT pk_duty_report PRIMARY KEY (id),
    CONSTRAINT uq_duty_report_appointment_id_year_paper UNIQUE (appointment_id, year, paper),
    CONSTRAINT fk_duty_report_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_duty_report_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX ix_duty_report_enterprise_id ON duty_report (enterprise_id);
CREATE INDEX ix_duty_report_person_id ON duty_report (person_id);
CREATE INDEX ix_duty_report_division_id ON duty_report (division, id);
CREATE INDEX ix_duty_report_overdue ON duty_report (division, id)
    WHERE overdue_on IS NOT NULL AND submitted_on IS NULL;

CREATE TABLE duty_revision (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    duty_report_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    sections JSONB NOT NULL,
    written_by TEXT NOT NULL,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    submitted_by TEXT,
    submitted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_duty_revision PRIMARY KEY (id),
    CONSTRAINT fk_duty_revision_duty_report_id FOREIGN KEY(duty_report_id) REFERENCES duty_report (id)
);
CREATE INDEX ix_duty_revision_duty_report_id ON duty_revision (duty_report_id);
"""
# A plan at the beginning of its year and a report at the beginning of the next, by 31 January, after the year's figures
# are closed. Who was in force for less than a quarter has nothing to report yet.
PARAMETERS = """
UPDATE ruleset SET parameters = '{"duty_plan_days": 31, "duty_report_days": 31, "duty_least_days": 90}' || parameters
"""
# Of those who are in office, the first year of which it can still be missed: nobody is told of years before this.
PLAN = """
INSERT INTO due (kind, series, key, due_on, payload)
SELECT 'duty_report.due', series, series || ':' || after, after,
    jsonb_build_object('appointment_id', id, 'paper', paper, 'year', year)
FROM (
    SELECT appointment.id, appointment.appointed_on, paper, year,
        'duty_report.due:' || appointment.id || ':' || paper || ':' || year AS series,
        make_date(CASE paper WHEN 'plan' THEN year ELSE year + 1 END, 1, 1) + 31 AS after,
        row_number() OVER (PARTITION BY appointment.id, paper ORDER BY year) AS nth
    FROM appointment
    CROSS JOIN (VALUES ('plan'), ('report')) AS papers (paper)
    CROSS JOIN (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS today) AS moment
    CROSS JOIN LATERAL generate_series(
        greatest(extract(year FROM appointed_on)::int, extract(year FROM today)::int - 1),
        greatest(extract(year FROM appointed_on)::int, extract(year FROM today)::int) + 1
    ) AS years (year)
    WHERE status <> 'ended'
        AND make_date(CASE paper WHEN 'plan' THEN year ELSE year + 1 END, 1, 1) + 30 >= greatest(today, appointed_on)
) AS planned
WHERE nth = 1
ON CONFLICT (kind, key) DO NOTHING
"""


def upgrade() -> None:
    op.execute(PARAMETERS)
    op.execute(TABLES)
    op.execute(PLAN)


def downgrade() -> None:
    op.execute("DELETE FROM due WHERE kind = 'duty_report.due'")
    op.execute("DROP TABLE duty_revision, duty_report")
    op.execute("UPDATE ruleset SET parameters = parameters - 'duty_plan_days' - 'duty_report_days' - 'duty_least_days'")
