"""Lists that are imported as jobs.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("caller", JSONB, nullable=False),
        sa.Column("division", sa.Text),
        sa.Column("enterprise_id", sa.Text),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("rows", sa.Integer),
        sa.Column("rows_done", sa.Integer, nullable=False),
        sa.Column("report", JSONB),
        sa.Column("rejections", JSONB),
        sa.Column("reason", JSONB),
    )
    unfinished = sa.text("state IN ('waiting', 'running')")
    op.create_index("ix_import_job_unfinished", "import_job", ["id"], postgresql_where=unfinished)
    op.create_index("ix_import_job_division_id", "import_job", ["division", "id"])
    op.create_index("ix_import_job_enterprise_id_id", "import_job", ["enterprise_id", "id"])
    op.create_index("ix_import_job_requested_at", "import_job", ["requested_at"])
    for table in ("import_file", "import_rejected"):
        op.create_table(
            table,
            sa.Column("job_id", sa.Text, sa.ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True),
            sa.Column("content", sa.LargeBinary, nullable=False),
        )
        # Sealed, so it can't be compressed.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute(
        "CREATE FUNCTION notify_imports() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM pg_notify('cqo_imports', ''); RETURN NULL; END$$"
    )
    op.execute(
        "CREATE TRIGGER notify_imports AFTER INSERT ON import_job FOR EACH ROW EXECUTE FUNCTION notify_imports()"
    )


def downgrade() -> None:
    for table in ("import_rejected", "import_file", "import_job"):
        op.drop_table(table)
    op.execute("DROP FUNCTION notify_imports()")
