"""What held on a day is what was said last of it: an index in the order of saying.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

from chassis.data import indexes

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_appointment_status_last": "appointment_status (appointment_id, id DESC)",
    "ix_talent_status_last": "talent_status (person_id, id DESC)",
}
REPLACED = {
    "ix_appointment_status_latest": 'appointment_status (appointment_id, "on" DESC, id DESC)',
    "ix_talent_status_latest": 'talent_status (person_id, "on" DESC, id DESC)',
}


def upgrade() -> None:
    indexes.make_indexes(op, INDEXES, REPLACED)


def downgrade() -> None:
    indexes.make_indexes(op, REPLACED, INDEXES)
