"""Incidents: by when the province is told, and when the bureau has told it.

Revision ID: 0035
Revises: 0034
"""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

# Of incidents that are there nobody noted whether the province was told: they have no clock, and can be forwarded.
COLUMNS = """
ALTER TABLE incident
    ADD COLUMN province_hours INTEGER,
    ADD COLUMN province_due_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN forwarded_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN forwarding_document TEXT
"""


def upgrade() -> None:
    op.execute(COLUMNS)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE incident DROP COLUMN province_hours, DROP COLUMN province_due_at, "
        "DROP COLUMN forwarded_at, DROP COLUMN forwarding_document"
    )
