"""What happens when a post has stood vacant past the grace is planned, for the posts too that are vacant now.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

PLAN = """
INSERT INTO due (kind, series, key, due_on, payload)
SELECT 'post.vacancy', 'post.vacancy:' || post.id, post.id || ':' || vacant.since,
    vacant.since + (parameters ->> 'vacancy_grace_days')::int,
    jsonb_build_object('post_id', post.id, 'since', vacant.since,
        'grace_days', (parameters ->> 'vacancy_grace_days')::int, 'ruleset', rules.version)
FROM post
CROSS JOIN LATERAL (
    SELECT coalesce(max(coalesce(ended_on, 'infinity')) + 1, post.opened_on) AS since
    FROM appointment WHERE post_id = post.id
) AS vacant
CROSS JOIN LATERAL (
    SELECT version, parameters FROM ruleset WHERE effective_from <= vacant.since ORDER BY version DESC LIMIT 1
) AS rules
WHERE vacant.since < 'infinity'
ON CONFLICT (kind, key) DO NOTHING
"""


def upgrade() -> None:
    op.execute(PLAN)


def downgrade() -> None:
    op.execute("DELETE FROM due WHERE kind = 'post.vacancy'")
