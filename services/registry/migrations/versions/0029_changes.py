"""Changes of appointments.

Revision ID: 0029
Revises: 0028
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ADDED = """
ALTER TABLE appointment ADD COLUMN changed_on DATE;
CREATE TABLE appointment_change (
    id TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    changed_on DATE NOT NULL,
    submitted_on DATE NOT NULL,
    recorded_on DATE NOT NULL,
    position TEXT NOT NULL,
    decision_level BOOLEAN NOT NULL,
    authorisation TEXT NOT NULL,
    document_number TEXT NOT NULL,
    document_date DATE NOT NULL,
    filing_due_on DATE NOT NULL,
    late BOOLEAN NOT NULL,
    ruleset INTEGER NOT NULL,
    unknown_years JSONB NOT NULL,
    CONSTRAINT pk_appointment_change PRIMARY KEY (id),
    CONSTRAINT fk_appointment_change_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX ix_appointment_change_appointment_id ON appointment_change (appointment_id);
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute("DROP TABLE appointment_change")
    op.execute("ALTER TABLE appointment DROP COLUMN changed_on")
