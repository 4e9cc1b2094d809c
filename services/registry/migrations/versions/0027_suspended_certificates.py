"""What becomes of an appointment whose holder's certificate is suspended.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('UPDATE ruleset SET parameters = parameters || \'{"on_certificate_suspended": "suspend"}\'')


def downgrade() -> None:
    op.execute("UPDATE ruleset SET parameters = parameters - 'on_certificate_suspended'")
