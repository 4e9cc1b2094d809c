"""Grades of performance, and the allowance by them.

Revision ID: 0034
Revises: 0033
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE performance (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    year INTEGER NOT NULL,
    grade TEXT NOT NULL,
    document TEXT NOT NULL,
    allowance_fen BIGINT,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    corrects BOOLEAN NOT NULL,
    CONSTRAINT pk_performance PRIMARY KEY (id),
    CONSTRAINT fk_performance_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_performance_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX ix_performance_enterprise_id ON performance (enterprise_id);
CREATE INDEX ix_performance_person_id ON performance (person_id);
CREATE INDEX ix_performance_division_id ON performance (division, id);
CREATE INDEX ix_performance_appointment_id_year ON performance (appointment_id, year, id);
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE performance")
