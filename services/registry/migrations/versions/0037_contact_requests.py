"""Enterprises ask to be put in contact with members of the pool, who say yes or no.

Revision ID: 0037
Revises: 0036
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE contact_request (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    asked_on DATE NOT NULL,
    answer_by DATE NOT NULL,
    ruleset INTEGER NOT NULL,
    state TEXT NOT NULL,
    answered_on DATE,
    answer_document TEXT,
    CONSTRAINT pk_contact_request PRIMARY KEY (id),
    CONSTRAINT fk_contact_request_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_contact_request_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_contact_request_enterprise_id_id ON contact_request (enterprise_id, id);
CREATE INDEX ix_contact_request_person_id_id ON contact_request (person_id, id);
CREATE INDEX ix_contact_request_division_id ON contact_request (division, id);
CREATE INDEX ix_contact_request_open ON contact_request (enterprise_id) WHERE state = 'open';
"""
RULES = """
UPDATE ruleset SET parameters = '{"contact_request_days": 14, "contact_requests_open": 5,
    "contact_request_again_days": 90}' || parameters
"""
NO_RULES = """
UPDATE ruleset SET parameters = parameters
    - ARRAY['contact_request_days', 'contact_requests_open', 'contact_request_again_days']
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(RULES)


def downgrade() -> None:
    op.execute(NO_RULES)
    op.execute("DROP TABLE contact_request")
