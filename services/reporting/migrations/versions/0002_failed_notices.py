"""The day on which a notice failed outlives its being sent later, so that earlier days' figures stay.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE notice ADD COLUMN failed_on DATE")
    op.execute("""UPDATE notice SET failed_on = "on" WHERE state = 'failed'""")


def downgrade() -> None:
    op.execute("ALTER TABLE notice DROP COLUMN failed_on")
