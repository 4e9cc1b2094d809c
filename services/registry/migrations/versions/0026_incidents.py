"""Quality-safety incidents and their reports, with the clocks of each grade.

Revision ID: 0026
Revises: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE incident (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT,
    grade TEXT NOT NULL,
    subject TEXT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    known_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ruleset INTEGER NOT NULL,
    closed_on DATE,
    final_due_on DATE,
    final_on DATE,
    CONSTRAINT pk_incident PRIMARY KEY (id),
    CONSTRAINT fk_incident_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE INDEX ix_incident_enterprise_id ON incident (enterprise_id);
CREATE INDEX ix_incident_division_id ON incident (division, id);

CREATE TABLE incident_report (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    incident_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    document TEXT,
    reporter TEXT NOT NULL,
    reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    late BOOLEAN NOT NULL,
    CONSTRAINT pk_incident_report PRIMARY KEY (id),
    CONSTRAINT fk_incident_report_incident_id FOREIGN KEY(incident_id) REFERENCES incident (id)
);
CREATE INDEX ix_incident_report_incident_id ON incident_report (incident_id);
"""
CLOCKS = """
UPDATE ruleset SET parameters = jsonb_build_object('incident_clocks', (
    SELECT jsonb_object_agg(grade, jsonb_build_object('first_hours', 1, 'province_hours', 2, 'final_days', 10))
    FROM unnest(ARRAY['I', 'II', 'III', 'IV']) AS grade
)) || parameters
"""


def upgrade() -> None:
    op.execute(CLOCKS)
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE incident_report, incident")
    op.execute("UPDATE ruleset SET parameters = parameters - 'incident_clocks'")
