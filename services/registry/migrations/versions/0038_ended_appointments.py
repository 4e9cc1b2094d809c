"""Ended appointments of a division, in the order of pages.

Revision ID: 0038
Revises: 0037
"""

from alembic import op

from chassis.data import indexes

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

INDEXES = {"ix_appointment_ended": "appointment (division, id) WHERE ended_on IS NOT NULL"}


def upgrade() -> None:
    indexes.make_indexes(op, INDEXES, {})


def downgrade() -> None:
    indexes.make_indexes(op, {}, INDEXES)
