"""Key quality posts, who fills them, and the certificates that they show (R28).

Revision ID: 0036
Revises: 0035
"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE quality_post (
    id TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    certificate_name TEXT NOT NULL,
    certificate_issuer TEXT,
    department TEXT,
    department_key TEXT,
    opened_on DATE NOT NULL,
    closed_on DATE,
    CONSTRAINT pk_quality_post PRIMARY KEY (id),
    CONSTRAINT fk_quality_post_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE INDEX ix_quality_post_enterprise_id_id ON quality_post (enterprise_id, id);

CREATE TABLE quality_post_holder (
    id TEXT NOT NULL,
    quality_post_id TEXT NOT NULL,
    name TEXT NOT NULL,
    from_on DATE NOT NULL,
    certified_until DATE NOT NULL,
    until_on DATE,
    CONSTRAINT pk_quality_post_holder PRIMARY KEY (id),
    CONSTRAINT fk_quality_post_holder_quality_post_id FOREIGN KEY(quality_post_id) REFERENCES quality_post (id)
);
CREATE INDEX ix_quality_post_holder_quality_post_id ON quality_post_holder (quality_post_id);
CREATE INDEX ix_quality_post_holder_certified_until ON quality_post_holder (certified_until, id)
    WHERE until_on IS NULL;

CREATE TABLE holder_certificate (
    id TEXT NOT NULL,
    holder_id TEXT NOT NULL,
    number TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE NOT NULL,
    recorded_on DATE NOT NULL,
    CONSTRAINT pk_holder_certificate PRIMARY KEY (id),
    CONSTRAINT fk_holder_certificate_holder_id FOREIGN KEY(holder_id) REFERENCES quality_post_holder (id),
    CONSTRAINT uq_holder_certificate_holder_id_number_valid_from UNIQUE (holder_id, number, valid_from)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE holder_certificate, quality_post_holder, quality_post")
