"""The outboxes of a history of years: the months in which events were published, and their positions in the feeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from province.books import STAGED
from province.days import FIRST

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

# Published events wait by months for their positions; what is unpublished has a month of its own.
MONTHS = f"""
DO $$
DECLARE
    month TIMESTAMPTZ := '{FIRST:%Y-%m}-01T00:00:00Z';
    bound TIMESTAMPTZ := (SELECT ends FROM outbox_month WHERE name = 'outbox_unpublished');
    part TEXT;
BEGIN
    CREATE UNLOGGED TABLE {STAGED} (LIKE outbox) PARTITION BY RANGE (published_at);
    UPDATE outbox_month SET ends = month WHERE name = 'outbox_unpublished';
    WHILE month < bound LOOP
        part := to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        PERFORM outbox_make_part('outbox_' || part, month, (month + interval '1 month')::text);
        INSERT INTO outbox_month (name, starts, ends) VALUES ('outbox_' || part, month, month + interval '1 month');
        month := month + interval '1 month';
    END LOOP;
    FOR part, month, bound IN SELECT name, starts, ends FROM outbox_month WHERE name <> 'outbox_unpublished' LOOP
        EXECUTE format('CREATE UNLOGGED TABLE %I PARTITION OF {STAGED} FOR VALUES FROM (%L) TO (%L)',
            replace(part, 'outbox', '{STAGED}'), month, bound);
    END LOOP;
END$$;
"""
COLUMNS = (
    "id, aggregate_type, aggregate_id, aggregate_version, type, data, division, correlation_id, occurred_at, "
    "published_at"
)
ALL = "SELECT name, ends <= now() FROM outbox_month WHERE name <> 'outbox_unpublished' ORDER BY ends"
# Emptied in the transaction that fills it, a table's rows need not go into the log of the server as well.
EMPTY = "TRUNCATE {month}"
PUBLISH = f"""
INSERT INTO {{month}} (seq, feed_position, {COLUMNS})
SELECT {{before}} + place, {{before}} + place, {COLUMNS}
FROM (SELECT *, row_number() OVER (ORDER BY published_at, seq) AS place FROM {{staged}}) AS events
ORDER BY place
"""
CLOSE = "UPDATE outbox_month SET first_position = %s, last_position = %s WHERE name = %s"
CLOSE_FIRST = "UPDATE outbox_month SET first_position = 1, last_position = 0 WHERE name = 'outbox_unpublished'"
END = (
    "UPDATE outbox_digested SET position = %s",
    "SELECT setval(pg_get_serial_sequence('outbox', 'seq'), %s + 1, false)",
)


def make_months(connections: Mapping[str, Connection]) -> None:
    """Parts the outboxes by the months of the whole history, as a service has them that has run all the time."""
    for connection in connections.values():
        connection.execute(MONTHS)


def publish(connection: Connection, service: str, gone: Counter[tuple[str, str]]) -> None:
    """Gives the events their positions, in the order in which they were published, and closes the months.

    `gone`: by service and month, how many were published that are no longer there.
    """
    last = 0
    connection.execute(CLOSE_FIRST)
    for name, is_over in connection.execute(ALL).fetchall():
        month = name.removeprefix("outbox_")
        with connection.transaction():
            passed = gone[service, month]
            published = _publish_month(connection, month, last + passed)
            if is_over:
                connection.execute(CLOSE, (last + 1, last + passed + published, name))
        last += passed + published
    connection.execute(f"DROP TABLE {STAGED}")
    for statement in END:
        connection.execute(statement, (last,))


def _publish_month(connection: Connection, month: str, before: int) -> int:
    """Moves a month's events to where they stay, with the positions after `before`; returns how many there were."""
    names = {"month": sql.Identifier(f"outbox_{month}"), "staged": sql.Identifier(f"{STAGED}_{month}")}
    connection.execute(sql.SQL(EMPTY).format(**names))
    published = connection.execute(sql.SQL(PUBLISH).format(**names, before=sql.Literal(before))).rowcount
    connection.execute(sql.SQL("DROP TABLE {staged}").format(**names))
    return published
