"""What becomes of an appointment whose holder's certificate is suspended.

Revision ID: 0080
Revises: 0080
"""

from alembic import op

revision = "0080"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('UPDATE ruleset SET parameters = parameters || \'{"on_certificate_suspended": "suspend"}\'')


def downgrade() -> None:
    op.execute("UPDATE ruleset SET parameters = parameters - 'on_certificate_suspended'")
