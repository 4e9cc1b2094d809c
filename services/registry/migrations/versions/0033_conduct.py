"""Proposals, problems and hazards, public service.

Revision ID: 0033
Revises: 0032
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE proposal (
    id TEXT NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    made_on DATE NOT NULL,
    addressed_to TEXT NOT NULL,
    content TEXT NOT NULL,
    decision TEXT,
    decided_on DATE,
    remark TEXT,
    CONSTRAINT pk_proposal PRIMARY KEY (id),
    CONSTRAINT fk_proposal_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_proposal_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX ix_proposal_enterprise_id ON proposal (enterprise_id);
CREATE INDEX ix_proposal_person_id ON proposal (person_id);
CREATE INDEX ix_proposal_division_id ON proposal (division, id);
CREATE INDEX ix_proposal_appointment_id ON proposal (appointment_id);

CREATE TABLE hazard (
    id TEXT NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    found_on DATE NOT NULL,
    description TEXT NOT NULL,
    measure TEXT,
    reported_by TEXT NOT NULL,
    reported_on DATE NOT NULL,
    due_on DATE NOT NULL,
    ruleset INTEGER NOT NULL,
    closed_on DATE,
    CONSTRAINT pk_hazard PRIMARY KEY (id),
    CONSTRAINT fk_hazard_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_hazard_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX ix_hazard_enterprise_id ON hazard (enterprise_id);
CREATE INDEX ix_hazard_person_id ON hazard (person_id);
CREATE INDEX ix_hazard_division_id ON hazard (division, id);
CREATE INDEX ix_hazard_appointment_id ON hazard (appointment_id);
CREATE INDEX ix_hazard_open ON hazard (due_on, id) WHERE closed_on IS NULL;

CREATE TABLE public_service (
    id TEXT NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    activity TEXT NOT NULL,
    served_on DATE NOT NULL,
    hours DOUBLE PRECISION NOT NULL,
    evidence TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_on DATE NOT NULL,
    CONSTRAINT pk_public_service PRIMARY KEY (id),
    CONSTRAINT fk_public_service_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_public_service_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX ix_public_service_enterprise_id ON public_service (enterprise_id);
CREATE INDEX ix_public_service_person_id ON public_service (person_id);
CREATE INDEX ix_public_service_division_id ON public_service (division, id);
CREATE INDEX ix_public_service_appointment_id ON public_service (appointment_id);
"""
# A month, as a rule for putting right what is no incident; what can't wait is one, and has its own clock (R45).
PARAMETERS = """UPDATE ruleset SET parameters = '{"hazard_days": 30}' || parameters"""


def upgrade() -> None:
    op.execute(PARAMETERS)
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE proposal, hazard, public_service")
    op.execute("UPDATE ruleset SET parameters = parameters - 'hazard_days'")
