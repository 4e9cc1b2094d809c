"""Hours of continuing education are of a kind, some may count for the next year, and who misses a year's is told.

Adds only, with defaults, so that the version before can go on writing while this one is rolled out: hours that are of
no other kind are those of a class.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Nothing is capped and nothing carried over until a rule set says so: what was judged stays as it is.
ADDED = """
ALTER TABLE education_year ADD COLUMN other_hours JSONB NOT NULL DEFAULT '{}', ADD COLUMN completed_on DATE,
    ADD COLUMN behind_on DATE;
ALTER TABLE education_entry ADD COLUMN kind TEXT NOT NULL DEFAULT 'class', ADD COLUMN evidence TEXT;
CREATE INDEX ix_education_year_behind ON education_year (year, id)
    WHERE behind_on IS NOT NULL AND completed_on IS NULL;
UPDATE ruleset SET parameters = parameters || '{"education_carry_over_hours": 0, "education_close_days": 0,
    "education_kinds": {"class": null, "online": null, "conference": null, "research": null, "teaching": null}}';
UPDATE education_year AS taken SET completed_on = coalesce(
    (SELECT max("on") FROM education_entry AS of WHERE of.person_id = taken.person_id AND of.year = taken.year),
    CURRENT_DATE
)
WHERE exempted_by IS NOT NULL OR total_hours >= (
    SELECT (parameters ->> 'continuing_hours')::float FROM ruleset
    WHERE effective_from <= make_date(taken.year, 12, 31) ORDER BY version DESC LIMIT 1
);
INSERT INTO due (kind, series, key, due_on, payload)
    SELECT 'education.behind', year, year || ':', make_date(year::int + 1, 1, 1),
        jsonb_build_object('year', year::int, 'after', '')
    FROM (SELECT extract(year FROM CURRENT_DATE)::int::text AS year) AS this ON CONFLICT DO NOTHING;
"""

REMOVED = """
DELETE FROM due WHERE kind = 'education.behind';
UPDATE ruleset SET parameters = parameters - 'education_carry_over_hours' - 'education_close_days' - 'education_kinds';
DROP INDEX ix_education_year_behind;
ALTER TABLE education_entry DROP COLUMN kind, DROP COLUMN evidence;
ALTER TABLE education_year DROP COLUMN other_hours, DROP COLUMN completed_on, DROP COLUMN behind_on;
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
