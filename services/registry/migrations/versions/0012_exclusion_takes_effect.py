"""What an exclusion means for an appointment.

Revision ID: 0012
Revises: 0011

Of exclusions that were entered before, their days are planned, so that what they end or give back happens; who stands
excluded today is brought to that by the first of these days, which is today.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PARAMETERS = '{"on_excluded": "suspend"}'
PLAN = """
INSERT INTO due (kind, series, key, due_on, payload)
SELECT 'exclusion.turn', id, id || ':' || day, day, jsonb_build_object('exclusion_id', id)
FROM exclusion, LATERAL (VALUES (greatest(valid_from, current_date)), (valid_to + 1)) AS days (day)
WHERE day >= current_date AND (valid_to IS NULL OR valid_to >= current_date)
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute(f"UPDATE ruleset SET parameters = '{PARAMETERS}'::jsonb || parameters")
    op.execute(PLAN)


def downgrade() -> None:
    op.execute("DELETE FROM due WHERE kind = 'exclusion.turn'")
    op.execute("UPDATE ruleset SET parameters = parameters - 'on_excluded'")
