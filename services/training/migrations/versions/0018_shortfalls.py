"""Who is going to miss hours of a year is told while there is time, by default on 1 October.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ADDED = """
CREATE TABLE shortfall (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    person_id TEXT NOT NULL,
    enterprise_id TEXT,
    year INTEGER NOT NULL,
    total_hours FLOAT NOT NULL,
    required_hours FLOAT NOT NULL,
    "on" DATE NOT NULL,
    CONSTRAINT pk_shortfall PRIMARY KEY (id)
);
CREATE INDEX ix_shortfall_year_id ON shortfall (year, id);
UPDATE ruleset SET parameters = parameters || '{"education_forecast_month": 10, "education_forecast_day": 1}';
INSERT INTO due (kind, series, key, due_on, payload)
    SELECT 'education.forecast', year, year || ':', make_date(year::int, 10, 1),
        jsonb_build_object('year', year::int, 'after', '')
    FROM (SELECT extract(year FROM CURRENT_DATE)::int::text AS year) AS this ON CONFLICT DO NOTHING;
"""

REMOVED = """
DELETE FROM due WHERE kind = 'education.forecast';
UPDATE ruleset SET parameters = parameters - 'education_forecast_month' - 'education_forecast_day';
DROP TABLE shortfall;
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
