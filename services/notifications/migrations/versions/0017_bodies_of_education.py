"""The training centre signs what it tells of a year's continuing education that has been missed.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = ("education_missed", "education_withdrawn")
# A rule set that says otherwise keeps what it says.
UP = """
UPDATE ruleset SET parameters = jsonb_set(
    parameters, ARRAY['body_by_kind'], jsonb_build_object({pairs}) || (parameters -> 'body_by_kind')
)
WHERE jsonb_exists(parameters -> 'bodies', 'training_centre')
"""
DOWN = """
UPDATE ruleset SET parameters = jsonb_set(
    parameters, ARRAY['body_by_kind'], (parameters -> 'body_by_kind') - ARRAY[{kinds}]
)
"""


def upgrade() -> None:
    op.execute(UP.format(pairs=", ".join(f"'{kind}', 'training_centre'" for kind in KINDS)))


def downgrade() -> None:
    op.execute(DOWN.format(kinds=", ".join(f"'{kind}'" for kind in KINDS)))
