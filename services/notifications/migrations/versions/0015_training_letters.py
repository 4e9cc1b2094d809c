"""The training centre signs what it tells of classes, results and certificates.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KINDS = (
    "nomination_waitlisted",
    "nomination_promoted",
    "nomination_withdrawn",
    "nomination_invited",
    "nomination_rescheduled",
    "nomination_cancelled",
    "enrolment_revised",
    "appeal_received",
    "appeal_decided",
    "certificate_replaced",
    "education_behind",
)
SIGNED = ", ".join(f"'{kind}', 'training_centre'" for kind in KINDS)
# A rule set that says itself who signs one of them keeps that.
UP = f"""
UPDATE ruleset SET parameters = jsonb_set(
    parameters, '{{body_by_kind}}', jsonb_build_object({SIGNED}) || (parameters -> 'body_by_kind')
) WHERE parameters -> 'bodies' ? 'training_centre'
"""
DOWN = f"""
UPDATE ruleset SET parameters = jsonb_set(
    parameters, '{{body_by_kind}}', (parameters -> 'body_by_kind') - ARRAY[{", ".join(f"'{kind}'" for kind in KINDS)}]
)
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
