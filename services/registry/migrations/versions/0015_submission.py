"""An appointment is submitted for filing, and the bureau accepts or returns it.

Adds only, with defaults, so that the version before can go on writing while this one is rolled out.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ADDED = """
ALTER TABLE appointment
    ADD COLUMN submitted_on DATE,
    ADD COLUMN returned_on DATE,
    ADD COLUMN return_reason TEXT,
    ADD COLUMN resubmit_by DATE;
CREATE INDEX ix_appointment_filing_number ON appointment (division, filing_number) WHERE filing_number <> '';
UPDATE ruleset SET parameters = parameters || '{"resubmission_days": 10}';
"""

REMOVED = """
UPDATE ruleset SET parameters = parameters - 'resubmission_days';
DROP INDEX ix_appointment_filing_number;
ALTER TABLE appointment
    DROP COLUMN submitted_on, DROP COLUMN returned_on, DROP COLUMN return_reason, DROP COLUMN resubmit_by;
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
