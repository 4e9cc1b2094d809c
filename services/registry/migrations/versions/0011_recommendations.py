"""Recommendations of candidates, with the enterprise's evidence and the reviewer's decisions.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PARAMETERS = '{"review_days": 15}'

TABLES = """
CREATE TABLE recommendation (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    document TEXT NOT NULL,
    recommended_on DATE NOT NULL,
    review_due_on DATE NOT NULL,
    ruleset INTEGER NOT NULL,
    status TEXT NOT NULL,
    decided_on DATE,
    remark TEXT,
    CONSTRAINT pk_recommendation PRIMARY KEY (id),
    CONSTRAINT fk_recommendation_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_recommendation_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_recommendation_enterprise_id ON recommendation (enterprise_id);
CREATE INDEX ix_recommendation_person_id ON recommendation (person_id);
CREATE INDEX ix_recommendation_division_id ON recommendation (division, id);
CREATE INDEX ix_recommendation_to_review ON recommendation (review_due_on) WHERE status = 'recommended';
CREATE UNIQUE INDEX uq_recommendation_open ON recommendation (person_id, enterprise_id)
    WHERE status IN ('recommended', 'returned');

CREATE TABLE recommendation_evidence (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    recommendation_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    statement TEXT NOT NULL,
    document TEXT,
    stated_on DATE NOT NULL,
    CONSTRAINT pk_recommendation_evidence PRIMARY KEY (id),
    CONSTRAINT fk_recommendation_evidence_recommendation_id
        FOREIGN KEY(recommendation_id) REFERENCES recommendation (id)
);
CREATE INDEX ix_recommendation_evidence_recommendation_id ON recommendation_evidence (recommendation_id);

CREATE TABLE recommendation_decision (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    recommendation_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    met BOOLEAN NOT NULL,
    grounds TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    decided_on DATE NOT NULL,
    CONSTRAINT pk_recommendation_decision PRIMARY KEY (id),
    CONSTRAINT fk_recommendation_decision_recommendation_id
        FOREIGN KEY(recommendation_id) REFERENCES recommendation (id)
);
CREATE INDEX ix_recommendation_decision_recommendation_id ON recommendation_decision (recommendation_id);
CREATE INDEX ix_recommendation_decision_person_id ON recommendation_decision (person_id);
"""


def upgrade() -> None:
    op.execute(f"UPDATE ruleset SET parameters = '{PARAMETERS}'::jsonb || parameters")
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE recommendation_decision, recommendation_evidence, recommendation")
    op.execute("UPDATE ruleset SET parameters = parameters - 'review_days'")
