"""The rules that the source asks for: a class is judged by the rule set by which it was announced, quotas keep places,
a class is attended session by session.

Adds only, with defaults, so that the version before can go on writing while this one is rolled out.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# A class that is open was announced by what is in force on its first day.
ADDED = """
ALTER TABLE training_class ADD COLUMN ruleset INTEGER, ADD COLUMN quotas_until DATE,
    ADD COLUMN sessions JSONB NOT NULL DEFAULT '[]';
ALTER TABLE enrolment ADD COLUMN attended JSONB NOT NULL DEFAULT '{}';
ALTER TABLE certificate ADD COLUMN replaced_by TEXT;
UPDATE training_class AS held SET ruleset = (
    SELECT version FROM ruleset WHERE effective_from <= held.starts_on ORDER BY version DESC LIMIT 1
);
UPDATE training_class SET quotas_until = starts_on - 3 WHERE quotas <> '{}';
UPDATE ruleset SET parameters = parameters
    || '{"education_exempt_first_year": true, "quota_release_days": 3, "second_certificate": "refuse"}';
"""

REMOVED = """
ALTER TABLE training_class DROP COLUMN ruleset, DROP COLUMN quotas_until, DROP COLUMN sessions;
ALTER TABLE enrolment DROP COLUMN attended;
ALTER TABLE certificate DROP COLUMN replaced_by;
UPDATE ruleset SET parameters = parameters - 'quota_release_days' - 'education_exempt_first_year'
    - 'second_certificate';
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
