"""Senders are told when a letter has been written or is to be tried again, so that they need not look all the time.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION notify_letters() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM pg_notify('cqo_letters', ''); RETURN NULL; END$$"
    )
    op.execute(
        "CREATE TRIGGER notify_letters AFTER INSERT OR UPDATE OF state ON delivery FOR EACH ROW "
        "WHEN (NEW.state = 'pending') EXECUTE FUNCTION notify_letters()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER notify_letters ON delivery")
    op.execute("DROP FUNCTION notify_letters()")
