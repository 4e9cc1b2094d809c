"""Enterprises search the pool by technical titles.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

from chassis.data import indexes

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TITLES = {
    "ix_person_fact_title_pairs": (
        "person_fact USING gin (name_pairs(value)) WHERE kind = 'title' AND valid_to IS NULL"
    ),
}


def upgrade() -> None:
    indexes.make_indexes(op, TITLES)


def downgrade() -> None:
    indexes.make_indexes(op, {}, TITLES)
