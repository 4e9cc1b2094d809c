"""Names are found by the pairs of characters in them, and the lists' filters by indexes.

Revision ID: 0008
Revises: 0007

pg_trgm would not do: it finds words of three characters and more, and a Chinese name is asked for by two.
"""

from alembic import op

from chassis.data import indexes

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Each character and each two neighbours, in lower case. A word of one character is looked for by itself.
PAIRS = """
CREATE OR REPLACE FUNCTION name_pairs(name TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog AS $$
    SELECT coalesce(array_agg(DISTINCT part), '{}')
    FROM generate_series(1, length(name)) AS place, generate_series(1, 2) AS width,
        substr(lower(name), place, width) AS part
$$
"""
INDEXES = {
    "ix_enterprise_name_pairs": "enterprise USING gin (name_pairs(name))",
    "ix_person_name_pairs": "person USING gin (name_pairs(name))",
    "ix_talent_name_pairs": "talent USING gin (name_pairs(name))",
    # The order of pages, within a division.
    "ix_enterprise_division_id": "enterprise (division, id)",
    "ix_person_division_id": "person (division, id)",
    "ix_talent_division_id": "talent (division, id)",
    "ix_post_division_id": "post (division, id)",
    "ix_appointment_division_id": "appointment (division, id)",
    "ix_enterprise_industry": "enterprise (industry text_pattern_ops, id)",
    "ix_enterprise_award": "enterprise (id) WHERE award_contender",
    "ix_enterprise_brand": "enterprise (id) WHERE brand_contender",
    "ix_enterprise_above_threshold": "enterprise (id) WHERE above_threshold",
    "ix_appointment_filed_late": "appointment (id) WHERE filed_late",
    "ix_appointment_status_latest": 'appointment_status (appointment_id, "on" DESC, id DESC)',
    "ix_appointment_status_status": "appointment_status (status, appointment_id)",
    "ix_talent_status_latest": 'talent_status (person_id, "on" DESC, id DESC)',
    "ix_talent_status_status": "talent_status (status, person_id)",
}
# Each of these is the beginning of one of the above.
REPLACED = {
    "ix_enterprise_division": "enterprise (division)",
    "ix_person_division": "person (division)",
    "ix_talent_division": "talent (division)",
    "ix_post_division": "post (division)",
    "ix_appointment_division": "appointment (division)",
    "ix_appointment_status_appointment_id": "appointment_status (appointment_id)",
    "ix_talent_status_person_id": "talent_status (person_id)",
}


def upgrade() -> None:
    op.execute(PAIRS)
    indexes.index_audit_log(op)
    indexes.make_indexes(op, INDEXES, REPLACED)


def downgrade() -> None:
    indexes.make_indexes(op, REPLACED, INDEXES)
    indexes.unindex_audit_log(op)
    op.execute("DROP FUNCTION name_pairs(TEXT)")
