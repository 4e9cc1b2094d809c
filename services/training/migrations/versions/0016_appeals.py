"""An outcome can be appealed against and corrected, and an exam sat again after its class was closed.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ADDED = """
CREATE TABLE appeal (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enrolment_id TEXT NOT NULL,
    class_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    enterprise_id TEXT,
    grounds TEXT NOT NULL,
    submitted_on DATE NOT NULL,
    status TEXT NOT NULL,
    decided_on DATE,
    decision TEXT,
    document TEXT,
    CONSTRAINT pk_appeal PRIMARY KEY (id),
    CONSTRAINT fk_appeal_enrolment_id FOREIGN KEY(enrolment_id) REFERENCES enrolment (id)
);
CREATE INDEX ix_appeal_enrolment_id ON appeal (enrolment_id);
CREATE INDEX ix_appeal_status_id ON appeal (status, id);
UPDATE ruleset SET parameters = parameters || '{"resit_days": 90, "appeal_days": 15}';
"""

REMOVED = """
DROP TABLE appeal;
UPDATE ruleset SET parameters = parameters - 'resit_days' - 'appeal_days';
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
