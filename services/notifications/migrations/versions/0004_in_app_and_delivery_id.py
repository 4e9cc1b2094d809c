"""The channel `inbox` is called `in_app`; the events of a delivery name it `delivery_id`, and their notice `notice_id`.

Revision ID: 0004
Revises: 0003

Stop this service before: the version before writes the old names and would not find the new ones. The rows of the
outbox are rewritten too, published or not, since they are the feed from which others rebuild.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# It touches every delivery and every event, which may take longer than a migration is given otherwise.
PATIENCE = "SET LOCAL statement_timeout = '30min'"

RULES = """
UPDATE ruleset SET parameters = parameters || jsonb_build_object(
    'channels', (
        SELECT jsonb_agg(CASE WHEN name = '{old}' THEN '{new}' ELSE name END ORDER BY place)
        FROM jsonb_array_elements_text(parameters -> 'channels') WITH ORDINALITY AS channel (name, place)
    ),
    'channels_by_kind', (
        SELECT coalesce(jsonb_object_agg(kind, (
            SELECT jsonb_agg(CASE WHEN name = '{old}' THEN '{new}' ELSE name END ORDER BY place)
            FROM jsonb_array_elements_text(names) WITH ORDINALITY AS channel (name, place)
        )), '{{}}'::jsonb)
        FROM jsonb_each(parameters -> 'channels_by_kind') AS entry (kind, names)
    )
)
"""
DELIVERIES = "UPDATE delivery SET channel = '{new}' WHERE channel = '{old}'"
EVENTS_UP = """
UPDATE outbox SET data = outbox.data || jsonb_build_object(
    'delivery_id', outbox.aggregate_id,
    'notice_id', delivery.notice_id,
    'channel', delivery.channel
)
FROM delivery WHERE delivery.id = outbox.aggregate_id AND outbox.type IN ('notice.sent.v1', 'notice.failed.v1')
"""
EVENTS_DOWN = """
UPDATE outbox SET data = (outbox.data - 'delivery_id') || jsonb_build_object(
    'notice_id', outbox.aggregate_id,
    'channel', delivery.channel
)
FROM delivery WHERE delivery.id = outbox.aggregate_id AND outbox.type IN ('notice.sent.v1', 'notice.failed.v1')
"""


def _rename(old: str, new: str) -> None:
    op.execute(PATIENCE)
    op.execute(RULES.format(old=old, new=new))
    op.execute(DELIVERIES.format(old=old, new=new))


def upgrade() -> None:
    _rename("inbox", "in_app")
    op.execute(EVENTS_UP)


def downgrade() -> None:
    _rename("in_app", "inbox")
    op.execute(EVENTS_DOWN)
