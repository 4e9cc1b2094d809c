"""The yearly plan, places kept for divisions, and the grounds of each decision on a certificate.

Adds only, with defaults, so that the version before can go on writing while this one is rolled out.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDED = """
CREATE TABLE plan (
    year INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    focus TEXT NOT NULL,
    syllabus TEXT NOT NULL,
    document TEXT NOT NULL,
    decided_on DATE NOT NULL,
    CONSTRAINT pk_plan PRIMARY KEY (year, revision)
);
ALTER TABLE course ADD COLUMN quotas JSONB NOT NULL DEFAULT '{}', ADD COLUMN syllabus TEXT;
ALTER TABLE certificate_status
    ADD COLUMN decision TEXT NOT NULL DEFAULT 'issued',
    ADD COLUMN ruleset INTEGER NOT NULL DEFAULT 1,
    ADD COLUMN grounds JSONB NOT NULL DEFAULT '{}';
UPDATE certificate_status SET decision = status WHERE status IN ('expired', 'revoked');
UPDATE certificate_status AS line SET decision = 'renewed'
    WHERE status = 'valid' AND EXISTS (SELECT FROM certificate_status AS earlier
        WHERE earlier.certificate_id = line.certificate_id AND earlier.id < line.id);
"""

REMOVED = """
DROP TABLE plan;
ALTER TABLE course DROP COLUMN quotas, DROP COLUMN syllabus;
ALTER TABLE certificate_status DROP COLUMN decision, DROP COLUMN ruleset, DROP COLUMN grounds;
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
