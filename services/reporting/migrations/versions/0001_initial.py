"""Reporting's tables, the chassis's tables, and the first rule set.

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
    "count_suspended_as_covered": false
}
"""

TABLES = """
CREATE TABLE appointment_line (
    appointment_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    "on" DATE NOT NULL,
    enterprise_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    status TEXT NOT NULL,
    CONSTRAINT pk_appointment_line PRIMARY KEY (appointment_id, version)
);
CREATE INDEX ix_appointment_line_enterprise_id ON appointment_line (enterprise_id);
CREATE INDEX ix_appointment_line_on ON appointment_line (appointment_id, "on", version);

CREATE TABLE certificate_line (
    certificate_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    "on" DATE NOT NULL,
    person_id TEXT NOT NULL,
    status TEXT NOT NULL,
    CONSTRAINT pk_certificate_line PRIMARY KEY (certificate_id, version)
);
CREATE INDEX ix_certificate_line_on ON certificate_line (certificate_id, "on", version);

CREATE TABLE course (
    class_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    CONSTRAINT pk_course PRIMARY KEY (class_id)
);

CREATE TABLE education (
    person_id TEXT NOT NULL,
    year INTEGER NOT NULL,
    version INTEGER NOT NULL,
    "on" DATE NOT NULL,
    total_hours FLOAT NOT NULL,
    required_hours FLOAT NOT NULL,
    CONSTRAINT pk_education PRIMARY KEY (person_id, year, version)
);

CREATE TABLE enrolment (
    enrolment_id TEXT NOT NULL,
    class_id TEXT NOT NULL,
    "on" DATE NOT NULL,
    passed BOOLEAN NOT NULL,
    CONSTRAINT pk_enrolment PRIMARY KEY (enrolment_id)
);

CREATE TABLE enterprise_line (
    enterprise_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    "on" DATE NOT NULL,
    name TEXT NOT NULL,
    division TEXT NOT NULL,
    above_threshold BOOLEAN NOT NULL,
    award_contender BOOLEAN NOT NULL,
    brand_contender BOOLEAN NOT NULL,
    CONSTRAINT pk_enterprise_line PRIMARY KEY (enterprise_id, version)
);
CREATE INDEX ix_enterprise_line_on ON enterprise_line (enterprise_id, "on", version);

CREATE TABLE filing (
    appointment_id TEXT NOT NULL,
    "on" DATE NOT NULL,
    late BOOLEAN NOT NULL,
    CONSTRAINT pk_filing PRIMARY KEY (appointment_id)
);

CREATE TABLE notice (
    notice_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    "on" DATE NOT NULL,
    CONSTRAINT pk_notice PRIMARY KEY (notice_id)
);

CREATE TABLE talent_line (
    person_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    "on" DATE NOT NULL,
    status TEXT NOT NULL,
    CONSTRAINT pk_talent_line PRIMARY KEY (person_id, version)
);
CREATE INDEX ix_talent_line_on ON talent_line (person_id, "on", version);

CREATE TABLE target (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    year INTEGER NOT NULL,
    population TEXT NOT NULL,
    percent FLOAT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_target PRIMARY KEY (id),
    CONSTRAINT uq_target_division_year_population UNIQUE (division, year, population)
);

CREATE TABLE target_line (
    target_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    "on" DATE NOT NULL,
    percent FLOAT NOT NULL,
    CONSTRAINT pk_target_line PRIMARY KEY (target_id, version)
);
CREATE INDEX ix_target_line_on ON target_line (target_id, "on", version);
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
        "DROP TABLE target_line, target, talent_line, notice, filing, enterprise_line, enrolment, "
        "education, course, certificate_line, appointment_line"
    )
    programme_tables.drop_v1(op)
    chassis_tables.drop_v1(op)
