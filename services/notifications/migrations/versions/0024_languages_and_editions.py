"""Notices have a language, a short form and a line for lists; texts are edited, and recipients choose.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE notice
    ADD COLUMN language TEXT NOT NULL DEFAULT 'zh-CN',
    ADD COLUMN short TEXT NOT NULL DEFAULT '',
    ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN short TEXT, ADD COLUMN digest TEXT;
ALTER TABLE digest
    ADD COLUMN short TEXT NOT NULL DEFAULT '',
    ADD COLUMN language TEXT NOT NULL DEFAULT 'zh-CN';
CREATE TABLE edition (
    id TEXT NOT NULL CONSTRAINT pk_edition PRIMARY KEY,
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    version INTEGER NOT NULL,
    source TEXT,
    effective_from DATE NOT NULL,
    reason TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    made_by TEXT NOT NULL,
    CONSTRAINT uq_edition_kind_language_version UNIQUE (kind, language, version)
);
CREATE TABLE preference (
    recipient_id TEXT NOT NULL,
    recipient_kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    language TEXT NOT NULL,
    switched_off JSONB NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_preference PRIMARY KEY (recipient_id, recipient_kind)
);
"""
# What English letters call those who are there after 0013.
NAMES = """
UPDATE ruleset SET parameters = parameters || jsonb_build_object('english_names', jsonb_build_object(
    '吉林省实施质量强省战略联席会议办公室',
        'Office of the Joint Conference of Jilin Province on Building a Province Strong in Quality',
    '吉林省质量技术监督培训中心', 'Training Centre for Quality and Technical Supervision of Jilin Province',
    '吉林省人民政府', 'the People''s Government of Jilin Province',
    '有管辖权的人民法院', 'the people''s court with jurisdiction'
))
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(NAMES)


def downgrade() -> None:
    op.execute("UPDATE ruleset SET parameters = parameters - 'english_names'")
    op.execute("DROP TABLE preference; DROP TABLE edition")
    op.execute("ALTER TABLE delivery DROP COLUMN short, DROP COLUMN digest")
    op.execute("ALTER TABLE digest DROP COLUMN short, DROP COLUMN language")
    op.execute("ALTER TABLE notice DROP COLUMN language, DROP COLUMN short, DROP COLUMN digest")
