"""Training's tables, the chassis's tables, and the first rule set.

Revision ID: 0001
Revises:
"""

from alembic import op
from sqlalchemy import text

from chassis.data import chassis_tables
from programme import programme_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The source gives no figures, so these are assumptions that a later rule set may replace (docs/decisions/0008).
RULESET_1 = """
{
    "certificate_months": 36,
    "initial_hours": 40,
    "pass_mark": 60,
    "resits": 2,
    "attendance_percent": 90,
    "continuing_hours": 16,
    "expiry_notice_days": [90, 60, 30, 7, 0],
    "renewal_before_days": 90,
    "renewal_after_days": 365
}
"""

TABLES = """
CREATE TABLE certificate (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    number TEXT NOT NULL,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    enterprise_id TEXT,
    issued_on DATE NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE NOT NULL,
    ruleset INTEGER NOT NULL,
    status TEXT NOT NULL,
    revoked_reason TEXT,
    revoked_document TEXT,
    CONSTRAINT pk_certificate PRIMARY KEY (id),
    CONSTRAINT uq_certificate_number UNIQUE (number)
);
CREATE INDEX ix_certificate_enterprise_id ON certificate (enterprise_id);
CREATE INDEX ix_certificate_person_id ON certificate (person_id);

CREATE TABLE certificate_sequence (
    year INTEGER NOT NULL,
    unit TEXT NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT pk_certificate_sequence PRIMARY KEY (year, unit)
);

CREATE TABLE course (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    capacity INTEGER NOT NULL,
    blocks JSONB NOT NULL,
    status TEXT NOT NULL,
    closed_on DATE,
    CONSTRAINT pk_course PRIMARY KEY (id)
);

CREATE TABLE education_entry (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    person_id TEXT NOT NULL,
    year INTEGER NOT NULL,
    hours FLOAT NOT NULL,
    document TEXT NOT NULL,
    "on" DATE NOT NULL,
    CONSTRAINT pk_education_entry PRIMARY KEY (id),
    CONSTRAINT uq_education_entry_person_id_year_document UNIQUE (person_id, year, document)
);
CREATE INDEX ix_education_entry_person_id ON education_entry (person_id);

CREATE TABLE education_year (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    person_id TEXT NOT NULL,
    year INTEGER NOT NULL,
    total_hours FLOAT NOT NULL,
    CONSTRAINT pk_education_year PRIMARY KEY (id)
);
CREATE INDEX ix_education_year_person_id ON education_year (person_id);

CREATE TABLE enterprise (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    division TEXT NOT NULL,
    CONSTRAINT pk_enterprise PRIMARY KEY (id)
);

CREATE TABLE expiry_notice (
    due_key TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    days_left INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    "on" DATE NOT NULL,
    CONSTRAINT pk_expiry_notice PRIMARY KEY (due_key)
);
CREATE INDEX ix_expiry_notice_certificate_id ON expiry_notice (certificate_id);

CREATE TABLE person (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT,
    CONSTRAINT pk_person PRIMARY KEY (id)
);

CREATE TABLE certificate_status (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    certificate_id TEXT NOT NULL,
    "on" DATE NOT NULL,
    status TEXT NOT NULL,
    valid_until DATE NOT NULL,
    CONSTRAINT pk_certificate_status PRIMARY KEY (id),
    CONSTRAINT fk_certificate_status_certificate_id FOREIGN KEY(certificate_id) REFERENCES certificate (id)
);
CREATE INDEX ix_certificate_status_certificate_id ON certificate_status (certificate_id);

CREATE TABLE enrolment (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    class_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    enterprise_id TEXT,
    hours JSONB NOT NULL,
    scores JSONB NOT NULL,
    passed BOOLEAN,
    shortfalls JSONB NOT NULL,
    completed_on DATE,
    ruleset INTEGER,
    CONSTRAINT pk_enrolment PRIMARY KEY (id),
    CONSTRAINT uq_enrolment_class_id_person_id UNIQUE (class_id, person_id),
    CONSTRAINT fk_enrolment_class_id FOREIGN KEY(class_id) REFERENCES course (id)
);
CREATE INDEX ix_enrolment_person_id ON enrolment (person_id);

CREATE TABLE nomination (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    class_id TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    submitted_on DATE NOT NULL,
    CONSTRAINT pk_nomination PRIMARY KEY (id),
    CONSTRAINT uq_nomination_class_id_person_id UNIQUE (class_id, person_id),
    CONSTRAINT fk_nomination_class_id FOREIGN KEY(class_id) REFERENCES course (id)
);
"""


def upgrade() -> None:
    chassis_tables.create_v1(op)
    programme_tables.create_v1(op)
    op.execute(TABLES)
    op.execute(
        text(
            "INSERT INTO ruleset (version, effective_from, document, parameters, published_at) "
            "VALUES (1, '2013-09-18', '吉质联办〔2013〕10号', CAST(:parameters AS jsonb), now())"
        ).bindparams(parameters=RULESET_1)
    )


def downgrade() -> None:
    op.execute(
        "DROP TABLE nomination, enrolment, certificate_status, person, expiry_notice, enterprise, "
        "education_year, education_entry, course, certificate_sequence, certificate"
    )
    programme_tables.drop_v1(op)
    chassis_tables.drop_v1(op)
