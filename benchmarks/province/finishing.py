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
from province import audit, audits, cursors, deliveries, rules
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
ADDED_UP = {"reporting": ("0010", "0012")}
# Of notifications' sums one has a column more since its migration.
CAUSES_ADDED_UP = """
INSERT INTO cause_sum (place, grain, since, type, ruleset, person, enterprise, division, late, offices, number)
SELECT place, grain, date_trunc(grain, day)::date, type, ruleset, person, enterprise, division IS NOT NULL, late,
    offices, sum(number)
FROM (
    SELECT (occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS day, division, type, ruleset,
        person_id IS NOT NULL AS person, enterprise_id IS NOT NULL AS enterprise, coalesce(data ->> 'late', '') AS late,
        {offices} AS offices, count(*) AS number
    FROM cause GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
) AS counted
CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain)
CROSS JOIN LATERAL (SELECT '' UNION ALL SELECT division WHERE division IS NOT NULL) AS places (place)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
# The tree that registry's migrations have announced waits with the other events for its positions, which are the first.
TREE = f"""
WITH announced AS (DELETE FROM outbox RETURNING *)
INSERT INTO {STAGED} SELECT seq, id, aggregate_type, aggregate_id, aggregate_version, type, data, division,
    correlation_id, %(day)s, %(day)s, NULL
FROM announced RETURNING id::text, type, aggregate_id, aggregate_version, data
"""
# What was gathered into each, as the first of them carries it, and the message in the mail server's journal.
DIGESTS = """
INSERT INTO digest (id, subject, body, short, language, notices, created_at)
SELECT digest_id, '首席质量官工作通知汇总', string_agg(notice.digest, E'\n' ORDER BY delivery.id),
    '请登录系统查看通知。', 'zh-CN', array_agg(notice.id ORDER BY delivery.id), min(gathers_at)
FROM delivery JOIN notice ON notice.id = notice_id WHERE digest_id IS NOT NULL GROUP BY digest_id
"""
DIGESTS_TAKEN = """
INSERT INTO mail_taken (name, message_id, digest, stamp, read_at)
SELECT DISTINCT to_char(sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '.' || message_id || '.eml',
    '<' || message_id || '@' || %(domain)s || '>',
    encode(sha256(convert_to(digest.subject || E'\n\n' || digest.body, 'UTF8')), 'hex'),
    octet_length(digest.body) || '-' || left(message_id, 12), sent_at
FROM delivery JOIN digest ON digest.id = digest_id
"""
PLACED = ("code", "name", "level", "parent", "valid_from", "valid_to", "successor")
RULESET = """
INSERT INTO ruleset (version, effective_from, document, parameters, published_at)
SELECT %s, '2020-01-01', '吉质联办〔2020〕1号',
    parameters || jsonb_build_object('channels_by_kind', %s::jsonb, 'notices', %s::jsonb), now()
FROM ruleset WHERE version = 1
"""
# These tables have triggers that count rows or keep how they were, by the machine's time; the load does both itself.
WATCHED = ("cause", "notice", "delivery", "person", "enterprise", "appointment", "certificate", "matter")
FORMER = "(kind TEXT, id TEXT, until TIMESTAMPTZ, day DATE, content JSONB)"
NUMBER_FORMER = """
INSERT INTO former (kind, id, until, day, content)
SELECT kind, id, until, day, content FROM former_staged ORDER BY until, kind, id
"""
# Rows lie in a table in the order in which a service writes them. Before there is any other index.
IN_ORDER = (
    "CREATE INDEX in_order ON {table} ({column})",
    "CLUSTER {table} USING in_order",
    "DROP INDEX in_order",
)
FOLDED = """
INSERT INTO delivery_sum (figure, grain, since, state, kind, channel, lane, number)
SELECT 'delivery', grain, date_trunc(grain, day)::date, state, kind, channel, 0, sum(number)
FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::bigint[]) AS gone (day, state, kind, channel, number)
CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain) GROUP BY 2, 3, 4, 5, 6
"""


def prepare(connections: Mapping[str, Connection], books: Books) -> dict[str, Taken]:
    """Months for the events, the tree of divisions, a rule set; returns the indexes and keys, which are taken off."""
    make_months(connections)
    _watch(connections["notifications"], "DISABLE")
    connections["notifications"].execute(f"CREATE UNLOGGED TABLE former_staged {FORMER}")
    publish_divisions(connections, books)
    made = [rules.RULESET, json.dumps(rules.CHANNELS_BY_KIND), json.dumps(rules.NOTICES)]
    connections["notifications"].execute(RULESET, made)
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
        if service == "notifications":
            with session_on(history.urls[service]) as session:
                audits.enter(connection, session, retention)
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
    connection.execute(NUMBER_FORMER)
    connection.execute("DROP TABLE former_staged")
    connection.execute(DIGESTS)
    connection.execute(DIGESTS_TAKEN, {"domain": deliveries.DOMAIN})
    for table, column in (("cause", "received_at"), ("notice", "id"), ("delivery", "id")):
        for statement in IN_ORDER:
            connection.execute(statement.format(table=table, column=column))
    _watch(connection, "ENABLE")


def _drop_months(url: str) -> None:
    """Takes out the months in which only events were published that have passed, as the upkeep does."""
    with session_on(url) as session:
        begins = {kind: at for kind, at in keeping.kept(session).items() if at is not None}
        while begins and keeping.remove_passed(session, begins):
            session.commit()


def _watch(connection: Connection, how: str) -> None:
    """Whether the triggers of the tables are at work."""
    for table in WATCHED:
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
    if service == "notifications":
        offices = migrations.get_revision("0018").module.OFFICES.format(row="cause")
        connection.execute(CAUSES_ADDED_UP.format(offices=offices))
        connection.execute(migrations.get_revision("0011").module.DELIVERIES)
