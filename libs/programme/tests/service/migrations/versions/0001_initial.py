"""The chassis's tables, the programme's, and a first rule set.

Revision ID: 0001
Revises:
"""

from alembic import op

from chassis.data import chassis_tables
from programme import programme_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FIRST = """
INSERT INTO ruleset (version, effective_from, document, parameters, published_at)
VALUES (1, '2013-09-18', '吉质联办〔2013〕10号', jsonb_build_object('months', 36), now())
"""


def upgrade() -> None:
    chassis_tables.create_all(op)
    programme_tables.create_v1(op)
    programme_tables.create_v2(op)
    op.execute(FIRST)


def downgrade() -> None:
    chassis_tables.drop_v7(op)
    chassis_tables.drop_v6(op)
    chassis_tables.drop_v4(op)
    chassis_tables.drop_v3(op)
    programme_tables.drop_v2(op)
    programme_tables.drop_v1(op)
    chassis_tables.drop_v1(op)
