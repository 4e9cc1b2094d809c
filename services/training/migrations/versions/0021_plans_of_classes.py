"""A class keeps the plan that it was scheduled by, and continuing classes may follow a syllabus of their own.

What is due of certificates that their holders kept when a further class of theirs was closed had been cancelled; it is
planned again.

Revision ID: 0021
Revises: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# Of a term that runs nothing is ever cancelled but by that fault: a renewal begins another series.
ADDED = """
ALTER TABLE plan ADD COLUMN continuing_syllabus TEXT;
ALTER TABLE training_class ADD COLUMN focus TEXT, ADD COLUMN plan_revision INTEGER;
UPDATE due SET state = 'planned', settled_at = NULL FROM certificate AS held
WHERE due.state = 'cancelled' AND due.series = held.id || ':' || held.valid_until
    AND held.status IN ('valid', 'suspended')
    AND (due.kind = 'certificate.expired' OR due.kind = 'certificate.expiring' AND due.due_on > CURRENT_DATE);
"""

REMOVED = """
ALTER TABLE plan DROP COLUMN continuing_syllabus;
ALTER TABLE training_class DROP COLUMN focus, DROP COLUMN plan_revision;
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
