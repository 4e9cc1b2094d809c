"""The audits of coverage, the differences that they found, and the messages that the mail server's journal has.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE coverage_run (
    id TEXT NOT NULL,
    days DATE[] NOT NULL,
    done INTEGER NOT NULL,
    nightly BOOLEAN NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    CONSTRAINT pk_coverage_run PRIMARY KEY (id)
);
CREATE INDEX ix_coverage_run_open ON coverage_run (id) WHERE ended_at IS NULL;
CREATE TABLE coverage_figure (
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    due BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    CONSTRAINT pk_coverage_figure PRIMARY KEY (run_id, kind, channel),
    CONSTRAINT fk_coverage_figure_run_id FOREIGN KEY(run_id) REFERENCES coverage_run (id)
);
CREATE TABLE coverage_gap (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    run_id TEXT NOT NULL,
    day DATE NOT NULL,
    due_on DATE NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    subject TEXT NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    division TEXT,
    cause_id TEXT,
    notice_id TEXT,
    delivery_id TEXT,
    detail TEXT,
    found_at TIMESTAMPTZ NOT NULL,
    fixed_at TIMESTAMPTZ,
    fixed_by TEXT,
    CONSTRAINT pk_coverage_gap PRIMARY KEY (id),
    CONSTRAINT uq_coverage_gap_place
        UNIQUE (run_id, due_on, kind, subject, recipient_kind, recipient_id, channel),
    CONSTRAINT fk_coverage_gap_run_id FOREIGN KEY(run_id) REFERENCES coverage_run (id)
);
CREATE INDEX ix_coverage_gap_run_id_id ON coverage_gap (run_id, id);
CREATE INDEX ix_coverage_gap_run_id_kind_id ON coverage_gap (run_id, kind, id);
CREATE INDEX ix_coverage_gap_run_id_division_id ON coverage_gap (run_id, division, id);
CREATE TABLE mail_taken (
    name TEXT NOT NULL,
    message_id TEXT,
    digest TEXT,
    stamp TEXT NOT NULL,
    read_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_mail_taken PRIMARY KEY (name)
);
CREATE INDEX ix_mail_taken_message_id ON mail_taken (message_id);
CREATE INDEX ix_mail_taken_read_at ON mail_taken (read_at);
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP TABLE mail_taken, coverage_gap, coverage_figure, coverage_run")
