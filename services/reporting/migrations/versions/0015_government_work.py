"""Roll-out plans, campaigns, honours and the library of good practice (R19, R50–R54).

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE rollout_plan (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    year INTEGER NOT NULL,
    document TEXT NOT NULL,
    measures JSONB NOT NULL,
    CONSTRAINT pk_rollout_plan PRIMARY KEY (id),
    CONSTRAINT uq_rollout_plan_division_year UNIQUE (division, year)
);
CREATE TABLE campaign (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    document TEXT NOT NULL,
    status TEXT NOT NULL,
    CONSTRAINT pk_campaign PRIMARY KEY (id)
);
CREATE TABLE campaign_participant (
    campaign_id TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    result TEXT,
    CONSTRAINT pk_campaign_participant PRIMARY KEY (campaign_id, enterprise_id),
    CONSTRAINT fk_campaign_participant_campaign_id_campaign FOREIGN KEY (campaign_id) REFERENCES campaign (id)
);
CREATE TABLE honour (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    kind TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT,
    industry TEXT,
    title TEXT NOT NULL,
    document TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    withdrawn_on DATE,
    CONSTRAINT pk_honour PRIMARY KEY (id)
);
CREATE INDEX ix_honour_enterprise_id ON honour (enterprise_id);
CREATE INDEX ix_honour_kind_id ON honour (kind, id);
CREATE TABLE practice (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    industry TEXT NOT NULL,
    title TEXT NOT NULL,
    paragraphs JSONB NOT NULL,
    published_on DATE NOT NULL,
    withdrawn_on DATE,
    CONSTRAINT pk_practice PRIMARY KEY (id)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE practice, honour, campaign_participant, campaign, rollout_plan")
