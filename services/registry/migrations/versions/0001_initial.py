"""The registry's tables, the chassis's tables, and the first rule set.

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
    "experience_years": 3,
    "filing_days": 30,
    "change_filing_working_days": 15,
    "vacancy_grace_days": 90,
    "appoint_without_certificate": "refuse",
    "provisional_days": 180,
    "on_certificate_expired": "suspend",
    "on_certificate_revoked": "suspend",
    "continuing_education_hours": 16
}
"""

TABLES = """
CREATE TABLE division_record (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_division_record PRIMARY KEY (id)
);

CREATE TABLE contact (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    owner_kind TEXT NOT NULL,
    division TEXT NOT NULL,
    phone TEXT,
    email TEXT,
    CONSTRAINT pk_contact PRIMARY KEY (id)
);

CREATE TABLE enterprise (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    uscc TEXT NOT NULL,
    name TEXT NOT NULL,
    industry TEXT NOT NULL,
    above_threshold BOOLEAN NOT NULL,
    award_contender BOOLEAN NOT NULL,
    brand_contender BOOLEAN NOT NULL,
    legal_representative TEXT NOT NULL,
    responsible_person TEXT,
    registered_on DATE NOT NULL,
    CONSTRAINT pk_enterprise PRIMARY KEY (id),
    CONSTRAINT uq_enterprise_uscc UNIQUE (uscc)
);
CREATE INDEX ix_enterprise_division ON enterprise (division);

CREATE TABLE person (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT,
    name TEXT NOT NULL,
    id_number TEXT NOT NULL,
    id_number_index TEXT NOT NULL,
    degree TEXT,
    registered_on DATE NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT fk_person_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT uq_person_id_number_index UNIQUE (id_number_index)
);
CREATE INDEX ix_person_division ON person (division);
CREATE INDEX ix_person_enterprise_id ON person (enterprise_id);

CREATE TABLE person_fact (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    recorded_on DATE NOT NULL,
    CONSTRAINT pk_person_fact PRIMARY KEY (id),
    CONSTRAINT fk_person_fact_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_person_fact_person_id ON person_fact (person_id);

CREATE TABLE exclusion (
    id TEXT NOT NULL,
    id_number_index TEXT NOT NULL,
    reason TEXT NOT NULL,
    document TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    recorded_on DATE NOT NULL,
    CONSTRAINT pk_exclusion PRIMARY KEY (id)
);
CREATE INDEX ix_exclusion_id_number_index ON exclusion (id_number_index);

CREATE TABLE certificate_fact (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    person_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    number TEXT NOT NULL,
    "on" DATE NOT NULL,
    status TEXT NOT NULL,
    valid_from DATE,
    valid_until DATE,
    CONSTRAINT pk_certificate_fact PRIMARY KEY (id)
);
CREATE INDEX ix_certificate_fact_person_id ON certificate_fact (person_id);

CREATE TABLE education_fact (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    person_id TEXT NOT NULL,
    year INTEGER NOT NULL,
    "on" DATE NOT NULL,
    total_hours FLOAT NOT NULL,
    required_hours FLOAT NOT NULL,
    CONSTRAINT pk_education_fact PRIMARY KEY (id)
);
CREATE INDEX ix_education_fact_person_id_year ON education_fact (person_id, year);

CREATE TABLE talent (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    valid_until DATE NOT NULL,
    admitted_on DATE NOT NULL,
    CONSTRAINT pk_talent PRIMARY KEY (id)
);
CREATE INDEX ix_talent_division ON talent (division);

CREATE TABLE talent_status (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    person_id TEXT NOT NULL,
    "on" DATE NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    CONSTRAINT pk_talent_status PRIMARY KEY (id),
    CONSTRAINT fk_talent_status_person_id FOREIGN KEY(person_id) REFERENCES talent (id)
);
CREATE INDEX ix_talent_status_person_id ON talent_status (person_id);

CREATE TABLE post (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    title TEXT NOT NULL,
    decision_level BOOLEAN NOT NULL,
    departments JSONB NOT NULL,
    opened_on DATE NOT NULL,
    CONSTRAINT pk_post PRIMARY KEY (id),
    CONSTRAINT uq_post_enterprise_id_title UNIQUE (enterprise_id, title),
    CONSTRAINT fk_post_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE INDEX ix_post_division ON post (division);
CREATE INDEX ix_post_enterprise_id ON post (enterprise_id);

CREATE TABLE appointment (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    post_id TEXT NOT NULL,
    position TEXT NOT NULL,
    decision_level BOOLEAN NOT NULL,
    departments JSONB NOT NULL,
    appointed_on DATE NOT NULL,
    appointed_by_name TEXT NOT NULL,
    appointed_by_capacity TEXT NOT NULL,
    document_number TEXT NOT NULL,
    document_date DATE NOT NULL,
    authorisation TEXT NOT NULL,
    filing_due_on DATE NOT NULL,
    ruleset INTEGER NOT NULL,
    warnings JSONB NOT NULL,
    provisional_until DATE,
    status TEXT NOT NULL,
    causes JSONB NOT NULL,
    filed_on DATE,
    filing_number TEXT,
    filed_late BOOLEAN,
    ended_on DATE,
    end_reason TEXT,
    CONSTRAINT pk_appointment PRIMARY KEY (id),
    CONSTRAINT fk_appointment_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT fk_appointment_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_appointment_post_id FOREIGN KEY(post_id) REFERENCES post (id)
);
CREATE INDEX ix_appointment_division ON appointment (division);
CREATE INDEX ix_appointment_enterprise_id ON appointment (enterprise_id);
CREATE INDEX ix_appointment_person_id ON appointment (person_id);
CREATE INDEX ix_appointment_post_id ON appointment (post_id);
CREATE UNIQUE INDEX uq_appointment_open_person ON appointment (person_id) WHERE status <> 'ended';
CREATE UNIQUE INDEX uq_appointment_open_post ON appointment (post_id) WHERE status <> 'ended';

CREATE TABLE appointment_status (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    appointment_id TEXT NOT NULL,
    "on" DATE NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    ruleset INTEGER,
    CONSTRAINT pk_appointment_status PRIMARY KEY (id),
    CONSTRAINT fk_appointment_status_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX ix_appointment_status_appointment_id ON appointment_status (appointment_id);

CREATE SEQUENCE filing_number;
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
    op.execute("DROP SEQUENCE filing_number")
    op.execute(
        "DROP TABLE appointment_status, appointment, post, talent_status, talent, education_fact, certificate_fact, "
        "exclusion, person_fact, person, enterprise, contact, division_record"
    )
    programme_tables.drop_v1(op)
    chassis_tables.drop_v1(op)
