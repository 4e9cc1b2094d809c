"""Changes of the tree of divisions are entered, each with its day and its document.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE division_change (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    effective_on DATE NOT NULL,
    document TEXT NOT NULL,
    recorded_on DATE NOT NULL,
    placements JSONB NOT NULL,
    CONSTRAINT pk_division_change PRIMARY KEY (id)
)
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE division_change")
