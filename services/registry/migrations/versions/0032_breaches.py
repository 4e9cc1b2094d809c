"""Breaches of conduct, and what follows from them.

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE breach (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    happened_on DATE NOT NULL,
    facts TEXT NOT NULL,
    document TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    entered_on DATE NOT NULL,
    status TEXT NOT NULL,
    reviewed_by TEXT,
    reviewed_on DATE,
    review_document TEXT,
    consequence TEXT,
    ruleset INTEGER,
    until DATE,
    exclusion_id TEXT,
    lifted_on DATE,
    lift_document TEXT,
    CONSTRAINT pk_breach PRIMARY KEY (id),
    CONSTRAINT fk_breach_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_breach_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id),
    CONSTRAINT fk_breach_exclusion_id FOREIGN KEY(exclusion_id) REFERENCES exclusion (id)
);
CREATE INDEX ix_breach_enterprise_id ON breach (enterprise_id);
CREATE INDEX ix_breach_person_id ON breach (person_id);
CREATE INDEX ix_breach_appointment_id ON breach (appointment_id);
CREATE INDEX ix_breach_division_id ON breach (division, id);
ALTER TABLE appointment ADD COLUMN breached BOOLEAN NOT NULL DEFAULT false;
"""
# The source names the duties and no sanction for them: what is graver than a warning needs a decision of the province,
# by a rule set of its own with its document.
PARAMETERS = """
UPDATE ruleset SET parameters = '{"on_breach": {
    "secrecy": {"consequence": "warn", "months": 12}, "independence": {"consequence": "warn", "months": 12}
}}' || parameters
"""


def upgrade() -> None:
    op.execute(PARAMETERS)
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("ALTER TABLE appointment DROP COLUMN breached")
    op.execute("DROP TABLE breach")
    op.execute("UPDATE ruleset SET parameters = parameters - 'on_breach'")
