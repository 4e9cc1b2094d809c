"""The certificates of a division that have expired are found in its index.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

from chassis.data import indexes

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

WITH_ENDS = {"ix_certificate_division_id_valid_until": "certificate (division, id, valid_until)"}
WITHOUT = {"ix_certificate_division_id": "certificate (division, id)"}


def upgrade() -> None:
    indexes.make_indexes(op, WITH_ENDS, replaced=WITHOUT)


def downgrade() -> None:
    indexes.make_indexes(op, WITHOUT, replaced=WITH_ENDS)
