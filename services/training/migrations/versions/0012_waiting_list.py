"""Who finds no place in a class may wait for one, and a nomination can be withdrawn.

Adds only, with defaults, so that the version before can go on writing while this one is rolled out.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE nomination ADD COLUMN status TEXT NOT NULL DEFAULT 'enrolled', "
        "ADD COLUMN waiting_since TIMESTAMPTZ"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE nomination DROP COLUMN status, DROP COLUMN waiting_since")
