"""Tables by the programme's words: histories, training classes, deliveries; an appointment in force is `active`.

Revision ID: 0004
Revises: 0003

It renames, so the version before can't run with it: stop reporting, upgrade, start the new version.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# It touches every delivery and every appointment, which may take longer than a migration is given otherwise.
PATIENCE = "SET LOCAL statement_timeout = '30min'"
HISTORIES = ("enterprise", "appointment", "certificate", "talent", "target")

# Events of deliveries that are parked are read under the new names too.
PARKED = """
UPDATE inbox_parked
SET event = jsonb_set(event, '{data}', event -> 'data' || jsonb_build_object(
    'delivery_id', event #> '{data,notice_id}',
    'channel', CASE event #>> '{data,channel}' WHEN 'inbox' THEN 'in_app' ELSE event #>> '{data,channel}' END))
WHERE type IN ('notice.sent.v1', 'notice.failed.v1') AND event #> '{data,delivery_id}' IS NULL
"""
PARKED_BEFORE = """
UPDATE inbox_parked
SET event = jsonb_set(event, '{data}', event -> 'data' || jsonb_build_object(
    'notice_id', event #> '{data,delivery_id}',
    'channel', CASE event #>> '{data,channel}' WHEN 'in_app' THEN 'inbox' ELSE event #>> '{data,channel}' END))
WHERE type IN ('notice.sent.v1', 'notice.failed.v1') AND event #> '{data,delivery_id}' IS NOT NULL
"""


def upgrade() -> None:
    op.execute(PATIENCE)
    for name in HISTORIES:
        _rename_table(f"{name}_line", f"{name}_history")
        op.execute(f"ALTER INDEX ix_{name}_line_on RENAME TO ix_{name}_history_on")
    op.execute("ALTER INDEX ix_appointment_line_enterprise_id RENAME TO ix_appointment_history_enterprise_id")
    op.execute("UPDATE appointment_history SET status = 'active' WHERE status = 'in_force'")
    _rename_table("course", "training_class")
    _rename_table("notice", "delivery")
    op.execute("ALTER TABLE delivery RENAME COLUMN notice_id TO delivery_id")
    op.execute("UPDATE delivery SET channel = 'in_app' WHERE channel = 'inbox'")
    op.execute(PARKED)


def downgrade() -> None:
    op.execute(PATIENCE)
    op.execute(PARKED_BEFORE)
    op.execute("UPDATE delivery SET channel = 'inbox' WHERE channel = 'in_app'")
    op.execute("ALTER TABLE delivery RENAME COLUMN delivery_id TO notice_id")
    _rename_table("delivery", "notice")
    _rename_table("training_class", "course")
    op.execute("UPDATE appointment_history SET status = 'in_force' WHERE status = 'active'")
    op.execute("ALTER INDEX ix_appointment_history_enterprise_id RENAME TO ix_appointment_line_enterprise_id")
    for name in HISTORIES:
        op.execute(f"ALTER INDEX ix_{name}_history_on RENAME TO ix_{name}_line_on")
        _rename_table(f"{name}_history", f"{name}_line")


def _rename_table(old: str, new: str) -> None:
    op.execute(f"ALTER TABLE {old} RENAME TO {new}")
    op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
