"""The outbox by months, and counts of deliveries that have passed; what was announced before stays where it is.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

from chassis.data import chassis_tables

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DELIVERY_SUM = """
CREATE TABLE delivery_sum (
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    "on" DATE NOT NULL,
    failed_on DATE,
    number BIGINT NOT NULL,
    CONSTRAINT uq_delivery_sum_kind_channel_state_on_failed_on
        UNIQUE NULLS NOT DISTINCT (kind, channel, state, "on", failed_on)
)
"""


def upgrade() -> None:
    chassis_tables.create_v7(op)
    op.execute(DELIVERY_SUM)


def downgrade() -> None:
    op.execute("DROP TABLE delivery_sum")
    chassis_tables.drop_v7(op)
