"""The centre signs what it says of nominations and classes, also in the kinds of notice that came after 0013.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KINDS = tuple(
    f"nomination_{kind}" for kind in ("waitlisted", "promoted", "withdrawn", "invited", "rescheduled", "cancelled")
)
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
