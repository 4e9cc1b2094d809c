"""A class has a mode and a venue, is changed or cancelled, and tells those enrolled when and where it begins.

Adds only, with defaults, so that the version before can go on writing while this one is rolled out. Those enrolled in
a class that has not begun are told as well, seven days before it does.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ADDED = """
ALTER TABLE training_class ADD COLUMN mode TEXT NOT NULL DEFAULT 'on_site', ADD COLUMN venue TEXT,
    ADD COLUMN invited_on DATE;
UPDATE ruleset SET parameters = parameters || '{"class_notice_days": 7}';
INSERT INTO due (kind, series, key, due_on, payload)
    SELECT 'class.opening', id, id, starts_on - 7, jsonb_build_object('class_id', id) FROM training_class
    WHERE status = 'open' AND starts_on >= CURRENT_DATE ON CONFLICT DO NOTHING;
"""

REMOVED = """
DELETE FROM due WHERE kind = 'class.opening';
UPDATE ruleset SET parameters = parameters - 'class_notice_days';
ALTER TABLE training_class DROP COLUMN mode, DROP COLUMN venue, DROP COLUMN invited_on;
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
