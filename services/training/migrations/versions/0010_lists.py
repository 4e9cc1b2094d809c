"""The lists' filters are answered by indexes, within a division and by what a certificate once was.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

from chassis.data import indexes

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_certificate_division_id": "certificate (division, id)",
    "ix_certificate_status_latest": 'certificate_status (certificate_id, "on" DESC, id DESC)',
    "ix_certificate_status_status": "certificate_status (status, certificate_id)",
    "ix_training_class_status_id": "training_class (status, id)",
    "ix_training_class_kind_id": "training_class (kind, id)",
}
# It is the beginning of one of the above.
REPLACED = {"ix_certificate_status_certificate_id": "certificate_status (certificate_id)"}


def upgrade() -> None:
    indexes.index_audit_log(op)
    indexes.make_indexes(op, INDEXES, REPLACED)


def downgrade() -> None:
    indexes.make_indexes(op, REPLACED, INDEXES)
    indexes.unindex_audit_log(op)
