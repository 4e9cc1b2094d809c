"""A class is a class: the table `course` becomes `training_class`.

A view keeps the old name, so that the version before can go on reading and writing while this one is rolled out; a
later migration drops it.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE course RENAME TO training_class")
    op.execute("ALTER TABLE training_class RENAME CONSTRAINT pk_course TO pk_training_class")
    op.execute("CREATE VIEW course AS SELECT * FROM training_class")


def downgrade() -> None:
    op.execute("DROP VIEW course")
    op.execute("ALTER TABLE training_class RENAME CONSTRAINT pk_training_class TO pk_course")
    op.execute("ALTER TABLE training_class RENAME TO course")
