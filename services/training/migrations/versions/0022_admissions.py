"""Who was admitted to the training as a candidate, and what a nomination without it means.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Admissions of before come with the first comparison with the registry, within minutes of the worker's start.
TABLE = """
CREATE TABLE admission (
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    admitted_on DATE NOT NULL,
    CONSTRAINT pk_admission PRIMARY KEY (id)
);
CREATE INDEX ix_admission_person_id ON admission (person_id);
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("""UPDATE ruleset SET parameters = parameters || '{"without_admission": "warn"}'""")


def downgrade() -> None:
    op.execute("UPDATE ruleset SET parameters = parameters - 'without_admission'")
    op.execute("DROP TABLE admission")
