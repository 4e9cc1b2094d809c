"""The chassis's tables and the pilot's.

Revision ID: 0001
Revises:
"""

from alembic import op

from chassis.data import chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    chassis_tables.create_all(op)
    op.execute(
        "CREATE TABLE effect (id BIGSERIAL, key TEXT NOT NULL, by INTEGER NOT NULL, "
        "CONSTRAINT pk_effect PRIMARY KEY (id))"
    )


def downgrade() -> None:
    chassis_tables.drop_v7(op)
    chassis_tables.drop_v6(op)
    chassis_tables.drop_v4(op)
    chassis_tables.drop_v3(op)
    op.execute("DROP TABLE effect")
    chassis_tables.drop_v1(op)
