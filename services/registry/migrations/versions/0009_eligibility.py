"""What eligibility and exclusions need: the parameters of the rule sets, and room for a person who holds two posts.

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
    "title_experience_years": 1,
    "appoint_excluded": "refuse",
    "appoint_without_declaration": "warn",
    "appoint_without_experience": "refuse",
    "appoint_without_education": "warn",
    "appoint_cqo_of_another": "refuse"
}
"""


def upgrade() -> None:
    # What is published later has them already.
    op.execute(f"UPDATE ruleset SET parameters = '{PARAMETERS}'::jsonb || parameters")
    # The version before goes on writing rows without the new column.
    op.execute("ALTER TABLE post ADD COLUMN department_keys JSONB NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE appointment ADD COLUMN department_keys JSONB NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE exclusion ADD COLUMN lifted_by TEXT")
    # The rule set says whether somebody may hold two posts; the lock on the person keeps two appointments apart.
    op.execute("DROP INDEX uq_appointment_open_person")


def downgrade() -> None:
    op.execute("ALTER TABLE exclusion DROP COLUMN lifted_by")
    op.execute("ALTER TABLE post DROP COLUMN department_keys")
    op.execute("ALTER TABLE appointment DROP COLUMN department_keys")
    op.execute("CREATE UNIQUE INDEX uq_appointment_open_person ON appointment (person_id) WHERE status <> 'ended'")
    op.execute(f"UPDATE ruleset SET parameters = parameters - ARRAY(SELECT jsonb_object_keys('{PARAMETERS}'::jsonb))")
