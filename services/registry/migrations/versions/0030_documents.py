"""The papers of an appointment, as files.

Revision ID: 0030
Revises: 0029
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# Compressed already, as a rule: not to be tried again.
TABLE = """
CREATE TABLE appointment_document (
    id TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    paper TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content BYTEA NOT NULL,
    recorded_on DATE NOT NULL,
    CONSTRAINT pk_appointment_document PRIMARY KEY (id),
    CONSTRAINT fk_appointment_document_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
ALTER TABLE appointment_document ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX ix_appointment_document_appointment_id ON appointment_document (appointment_id);
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE appointment_document")
