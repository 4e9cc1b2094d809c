"""What eligibility and exclusions need: the parameters of the rule sets.

Revision ID: 0009
Revises: 0008

A rule set that was published before has no such parameter, so each gets the assumption that holds where nothing else
was decided (docs/decisions/0008).
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PARAMETERS = """
{
    "title_experience_years": 1
}
"""


def upgrade() -> None:
    # What is published later has them already.
    op.execute(f"UPDATE ruleset SET parameters = '{PARAMETERS}'::jsonb || parameters")


def downgrade() -> None:
    op.execute(f"UPDATE ruleset SET parameters = parameters - ARRAY(SELECT jsonb_object_keys('{PARAMETERS}'::jsonb))")
