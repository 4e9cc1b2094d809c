"""Before the first part of the history is written, and after the last: what holds of a database as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import psycopg
from alembic.script import ScriptDirectory

from chassis.data import outbox_moves
from chassis.messaging.outbox import keeping
from chassis.process import revisions
from province import audit, cursors, notices
from province.books import NOBODY, SERVICES, STAGED, Books, Counts, Event, Row
from province.databases import copy_rows, session_on
from province.days import FIRST
from province.feed import make_months, publish
from province.indexes import Taken, put_back, take_off
from province.parts import History
from province.retention import PASSING, Retention
from registry.events import LAST_VERSION

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

# The migrations that make sums of what is there.
ADDED_UP = {"reporting": ("0010", "0012"), "notifications": ("0011",)}
# The tree that registry's migrations have announced waits with the other events for its positions, which are the first.
TREE = f"""
WITH announced AS (DELETE FROM outbox RETURNING *)
INSERT INTO {STAGED} SELECT seq, id, aggregate_type, aggregate_id, aggregate_version, type, data, division,
    correlation_id, %(day)s, %(day)s, NULL
FROM announced RETURNING id::text, type, aggregate_id, aggregate_version, data
"""
PLACED = ("code", "name", "level", "parent", "valid_from", "valid_to", "successor")
RULESET = """
INSERT INTO ruleset (version, effective_from, document, parameters, published_at)
SELECT %s, '2020-01-01', '吉质联办〔2020〕1号',
    parameters || jsonb_build_object('channels_by_kind', %s::jsonb), now()
FROM ruleset WHERE version = 1
"""
FOLDED = """
INSERT INTO delivery_sum (figure, grain, since, state, kind, channel, lane, number)
SELECT 'delivery', grain, date_trunc(grain, day)::date, state, kind, channel, 0, sum(number)
FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::bigint[]) AS gone (day, state, kind, channel, number)
CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain) GROUP BY 2, 3, 4, 5, 6
"""


def prepare(connections: Mapping[str, Connection], books: Books) -> dict[str, Taken]:
    """Months for the events, the tree of divisions, a rule set; returns the indexes and keys, which are taken off."""
    make_months(connections)
    _count_each(connections["notifications"], "DISABLE")
    publish_divisions(connections, books)
    connections["notifications"].execute(RULESET, [notices.RULESET, json.dumps(notices.CHANNELS_BY_KIND)])
    return {service: take_off(connection) for service, connection in connections.items()}


def publish_divisions(connections: Mapping[str, Connection], books: Books) -> None:
    """The tree that registry's migrations have announced: published, and applied by the others."""
    registry, day = connections["registry"], f"{FIRST}T00:00:00+00:00"
    for event_id, kind, code, version, data in registry.execute(TREE, {"day": day}).fetchall():
        books.deliver("registry", "division", Event(event_id, kind, code, version, data, code, FIRST, day, NOBODY))
    placed = registry.execute(f"SELECT {', '.join(PLACED)} FROM division").fetchall()
    for service in SERVICES[1:]:
        for row in placed:
            books.put(service, "division", **dict(zip(PLACED, row, strict=True)))


def finish(
    connections: Mapping[str, Connection],
    history: History,
    handled: Mapping[str, frozenset[str]],
    counts: Counts,
    taken: Mapping[str, Taken],
) -> None:
    """Cursors, feeds, counts, sums, indexes and the planner's statistics; each service's on a thread of its own.

    `handled`: the types for which a service has a handler.
    """
    retention = Retention(history.notice_days)

    def copy_cursors(service: str) -> None:
        cursors.copy_all(history.urls, service, history.bound, retention)

    def complete(service: str) -> None:
        connection = connections[service]
        connection.execute("SET work_mem = '256MB'")
        publish(connection, service, counts.gone)
        _count(connection, service, history.bound, handled[service], counts)
        if service == "registry":
            _finish_registry(connection, history, counts)
        elif service == "training":
            _finish_training(connection, counts)
        elif service == "notifications":
            _finish_notifications(connection, counts, retention)
        else:
            _finish_reporting(connection, counts, retention)
        put_back(connection, taken[service])
        _drop_months(history.urls[service])
        connection.execute(outbox_moves.FILL)
        _add_up(connection, service)
        connection.execute("VACUUM ANALYZE")

    with ThreadPoolExecutor(len(SERVICES)) as pool:
        for step in (copy_cursors, complete):
            for _ in pool.map(step, SERVICES):
                pass


def _count(
    connection: Connection,
    service: str,
    bound: Mapping[str, tuple[str, ...]],
    handled: frozenset[str],
    counts: Counts,
) -> None:
    """What the service has announced and applied, by type."""
    tally: list[Row] = []
    applied: list[Row] = []
    for (publisher, kind), number in sorted(counts.published.items()):
        id_sum = counts.id_sums[publisher, kind]
        if publisher == service:
            tally.append({"type": kind, "published": number, "id_sum": id_sum})
        if service in bound.get(kind.partition(".")[0], ()):
            done, moved, of_done = (number, 0, id_sum) if kind in handled else (0, number, 0)
            applied.append({"type": kind, "lane": 0, "applied": done, "moved": moved, "id_sum": of_done})
    copy_rows(connection, "outbox_tally", tally)
    copy_rows(connection, "inbox_applied", applied)


def _finish_registry(connection: Connection, history: History, counts: Counts) -> None:
    audit.enter(history.urls["registry"])
    if counts.filings:
        connection.execute("SELECT setval('filing_number', %s)", [counts.filings])
    copy_rows(connection, "outbox_kept", [{"aggregate_type": kind, "begins": None} for kind in LAST_VERSION])


def _finish_training(connection: Connection, counts: Counts) -> None:
    last = [
        {"year": year, "unit": unit, "last": number} for (year, unit), number in sorted(counts.certificates.items())
    ]
    copy_rows(connection, "certificate_sequence", last)


def _finish_notifications(connection: Connection, counts: Counts, retention: Retention) -> None:
    copy_rows(connection, "cause_passed", [{"type": kind, "number": number} for kind, number in counts.causes.items()])
    copy_rows(connection, "outbox_kept", [{"aggregate_type": PASSING, "begins": retention.begins}])
    _count_each(connection, "ENABLE")


def _drop_months(url: str) -> None:
    """Takes out the months in which only events were published that have passed, as the upkeep does."""
    with session_on(url) as session:
        begins = {kind: at for kind, at in keeping.kept(session).items() if at is not None}
        while begins and keeping.remove_passed(session, begins):
            session.commit()


def _count_each(connection: Connection, how: str) -> None:
    """Whether each row is counted as it comes; these are counted together."""
    for table in ("cause", "notice", "delivery"):
        connection.execute(f"ALTER TABLE {table} {how} TRIGGER USER")


def _finish_reporting(connection: Connection, counts: Counts, retention: Retention) -> None:
    copy_rows(connection, "inbox_passing", [{"aggregate_type": PASSING, "begins": retention.begins}])
    columns = [list(column) for column in zip(*counts.deliveries, strict=True)] or [[]] * 4
    connection.execute(FOLDED, [*columns, list(counts.deliveries.values())])


def _add_up(connection: Connection, service: str) -> None:
    """The sums beside the rows, as the migrations make them for rows that were there before."""
    migrations = ScriptDirectory(str(revisions.folder_of(service)))
    for revision in ADDED_UP.get(service, ()):
        for statement in migrations.get_revision(revision).module.FILL:
            connection.execute(statement)
