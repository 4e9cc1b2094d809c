"""The last day of an appointment still counts: it has ended from the day after.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SHIFT = """UPDATE appointment_status SET "on" = "on" {sign} 1 WHERE status = 'ended'"""


def upgrade() -> None:
    op.execute(SHIFT.format(sign="+"))


def downgrade() -> None:
    op.execute(SHIFT.format(sign="-"))
