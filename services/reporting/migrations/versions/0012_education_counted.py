"""Continuing education is counted: of each year, how many people have reached the hours asked of them (R34).

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# It reads every year of every person, which may take longer than a migration is given otherwise.
PATIENCE = "SET LOCAL statement_timeout = '30min'"
# Of each person and year: what held from each day that a record begins on; where that differs from the day before.
FILL = (
    """
WITH held AS (
    SELECT DISTINCT ON (person_id, year, "on") person_id, year, "on",
        CASE WHEN latest.total_hours >= latest.required_hours THEN 'reached' ELSE 'behind' END AS state
    FROM education CROSS JOIN LATERAL (
        SELECT total_hours, required_hours FROM education AS earlier
        WHERE earlier.person_id = education.person_id AND earlier.year = education.year
            AND earlier."on" <= education."on"
        ORDER BY version DESC LIMIT 1
    ) AS latest
), compared AS (
    SELECT *, lag(state) OVER (PARTITION BY person_id, year ORDER BY "on") AS before FROM held
), ends AS (
    SELECT year, "on", state, 1 AS number FROM compared WHERE before IS DISTINCT FROM state
    UNION ALL SELECT year, "on", before, -1 FROM compared WHERE before <> state
)
INSERT INTO count_change (figure, grain, since, state, kind, channel, lane, number)
SELECT 'education', grain, date_trunc(grain, "on")::date, state, year::text, '', 0, sum(number)
FROM ends CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain)
GROUP BY grain, date_trunc(grain, "on")::date, state, year HAVING sum(number) <> 0
""",
)


def upgrade() -> None:
    op.execute(PATIENCE)
    for statement in FILL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DELETE FROM count_change WHERE figure = 'education'")
