"""The outboxes of a history of years: the months in which events were published, and their positions in the feeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import psycopg

from province.books import STAGED
from province.days import FIRST

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

MONTHS = f"""
DO $$
DECLARE
    month TIMESTAMPTZ := '{FIRST:%Y-%m}-01T00:00:00Z';
    bound TIMESTAMPTZ := (SELECT ends FROM outbox_month WHERE name = 'outbox_unpublished');
    part TEXT;
BEGIN
    UPDATE outbox_month SET ends = month WHERE name = 'outbox_unpublished';
    WHILE month < bound LOOP
        part := 'outbox_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        PERFORM outbox_make_part(part, month, (month + interval '1 month')::text);
        INSERT INTO outbox_month (name, starts, ends) VALUES (part, month, month + interval '1 month');
        month := month + interval '1 month';
    END LOOP;
END$$;
"""
COLUMNS = (
    "id, aggregate_type, aggregate_id, aggregate_version, type, data, division, correlation_id, occurred_at, "
    "published_at"
)
PUBLISH = (
    f"""
INSERT INTO outbox (seq, feed_position, {COLUMNS})
SELECT before.last + place, before.last + place, {COLUMNS}
FROM (SELECT count(*) AS last FROM outbox) AS before,
    (SELECT *, row_number() OVER (ORDER BY published_at, seq) AS place FROM {STAGED}) AS events
ORDER BY place
""",
    f"DROP TABLE {STAGED}",
    """
INSERT INTO outbox_head (aggregate_type, aggregate_id, version, event_id, division, occurred_at)
SELECT DISTINCT ON (aggregate_type, aggregate_id)
    aggregate_type, aggregate_id, aggregate_version, id, division, occurred_at
FROM outbox ORDER BY aggregate_type, aggregate_id, aggregate_version DESC
""",
    """
INSERT INTO outbox_tally (type, published, id_sum)
SELECT type, count(*), sum(('x' || right(id::text, 12))::bit(48)::bigint) FROM outbox GROUP BY type
""",
    "UPDATE outbox_digested SET position = (SELECT coalesce(max(feed_position), 0) FROM outbox)",
    # A month's last position is that of the month before where nothing was published in it.
    """
UPDATE outbox_month SET first_position = coalesce(lowest, before + 1), last_position = coalesce(highest, before)
FROM (
    SELECT name AS month, min(feed_position) AS lowest, max(feed_position) AS highest,
        coalesce(max(max(feed_position)) OVER (ORDER BY ends ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
            AS before
    FROM outbox_month LEFT JOIN outbox ON published_at >= starts AND published_at < ends
    WHERE ends <= now() GROUP BY name, ends
) AS found
WHERE name = month
""",
    "SELECT setval(pg_get_serial_sequence('outbox', 'seq'), coalesce(max(seq), 0) + 1, false) FROM outbox",
)


def make_months(connections: Mapping[str, Connection]) -> None:
    """Parts the outboxes by the months of the whole history, as a service has them that has run all the time.

    Published events wait in a table of their own until `publish` gives them their positions.
    """
    for connection in connections.values():
        connection.execute(MONTHS)
        connection.execute(f"CREATE UNLOGGED TABLE {STAGED} (LIKE outbox)")
        connection.execute(f"ALTER TABLE {STAGED} ALTER seq DROP NOT NULL")


def publish(connection: Connection) -> None:
    """Gives the events their positions, in the order in which they were published, and closes the months."""
    with connection.transaction():
        connection.execute("SET LOCAL work_mem = '256MB'")
        for statement in PUBLISH:
            connection.execute(statement)
