"""Rule sets say which body signs which letters, how it is reached, and what a revocation's letter says of remedies.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The centre signs what it decides; the periods are those of 行政复议法 and 行政诉讼法.
UP = """
UPDATE ruleset SET parameters = (parameters - 'signature') || jsonb_build_object(
    'bodies', jsonb_build_object(
        'office', jsonb_build_object(
            'name', parameters -> 'signature', 'telephone', NULL, 'document_number', NULL
        ),
        'training_centre', jsonb_build_object(
            'name', '吉林省质量技术监督培训中心', 'telephone', NULL, 'document_number', NULL
        )
    ),
    'body_by_kind', jsonb_build_object(
        'nomination_received', 'training_centre',
        'enrolment_result', 'training_centre',
        'certificate_issued', 'training_centre',
        'certificate_expiring', 'training_centre',
        'certificate_renewed', 'training_centre',
        'certificate_expired', 'training_centre'
    ),
    'review_body', '吉林省人民政府',
    'review_days', 60,
    'court', '有管辖权的人民法院',
    'court_months', 6
)
"""
DOWN = """
UPDATE ruleset SET parameters =
    (parameters - ARRAY['bodies', 'body_by_kind', 'review_body', 'review_days', 'court', 'court_months'])
    || jsonb_build_object('signature', parameters #> '{bodies,office,name}')
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
