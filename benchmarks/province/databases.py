"""The private server of the load, its four databases, and the copying of rows into them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from alembic.script import ScriptDirectory
from psycopg import sql

from chassis.process import migrate, revisions
from province.books import NOBODY, SERVICES, Books, Event, Head, Row
from province.days import FIRST
from province.feed import make_months, publish
from servers import PostgresServer, start_postgres

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

# A modest machine's: a production server has more. The rest keeps checkpoints out of the measurements.
SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    # What ../plans.py reads; nothing is logged until it asks.
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_format": "json",
}
WHILE_LOADING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# Whoever is referred to is copied before who refers.
PARENTS = (
    "enterprise",
    "person",
    "talent",
    "post",
    "appointment",
    "training_class",
    "certificate",
    "cause",
    "notice",
)

# The migrations that make sums of what is there.
ADDED_UP = {"reporting": "0010", "notifications": "0011"}


class Province:
    """The four databases of the load, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.server: PostgresServer = start_postgres(folder / "postgres", SETTINGS)

    def url(self, service: str) -> str:
        """With which a service reaches its database: as the administrator, for nothing is guarded here."""
        return self.server.url_of(service, "postgres", self.server.password)

    def urls(self) -> dict[str, str]:
        """These, by service."""
        return {service: self.url(service) for service in SERVICES}

    def migrate(self) -> dict[str, str]:
        """Makes and migrates the databases; returns the revisions."""
        with psycopg.connect(self.server.url, autocommit=True) as admin:
            found = {name for (name,) in admin.execute("SELECT datname FROM pg_database")}
            for service in SERVICES:
                if service not in found:
                    admin.execute(f"CREATE DATABASE {service}")
        for service in SERVICES:
            migrate.upgrade(service, self.url(service))
            migrate.seed(service, self.url(service))
        return self.revisions()

    def revisions(self) -> dict[str, str]:
        """The revision at which each database stands."""
        return {service: migrate.current(service, self.url(service)) for service in SERVICES}

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Without the guards against a crash of the machine; a load that was interrupted is begun anew."""
        self._set({name: value for name, value in WHILE_LOADING.items()})
        try:
            yield
        finally:
            self._set(dict.fromkeys(WHILE_LOADING))

    def _set(self, settings: dict[str, str | None]) -> None:
        with psycopg.connect(self.server.url, autocommit=True) as admin:
            for name, value in settings.items():
                admin.execute(f"ALTER SYSTEM RESET {name}" if value is None else f"ALTER SYSTEM SET {name} = {value}")
            admin.execute("SELECT pg_reload_conf()")

    def analyze(self) -> None:
        """The planner's statistics, and what an index-only scan needs."""
        for service in SERVICES:
            with psycopg.connect(self.url(service), autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")

    def drop(self) -> None:
        """Removes the databases; the server stays."""
        with psycopg.connect(self.server.url, autocommit=True) as admin:
            for service in SERVICES:
                admin.execute(f"DROP DATABASE IF EXISTS {service} WITH (FORCE)")


class Copier:
    """Copies rows, each service on a connection and a thread of its own; one set of rows at a time."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.connections: dict[str, Connection] = {
            service: psycopg.connect(urls[service], autocommit=True) for service in SERVICES
        }
        self.pool = ThreadPoolExecutor(len(SERVICES))
        self.under_way: list[Future[None]] = []
        self.rows = 0

    def copy(self, taken: Iterable[tuple[str, str, list[Row]]]) -> None:
        """Begins to copy, once what was begun before is done."""
        self.wait()
        by_service: dict[str, list[tuple[str, list[Row]]]] = {service: [] for service in SERVICES}
        for service, table, rows in taken:
            by_service[service].append((table, rows))
            self.rows += len(rows)
        for service, tables in by_service.items():
            tables.sort(key=lambda each: PARENTS.index(each[0]) if each[0] in PARENTS else len(PARENTS))
            self.under_way.append(self.pool.submit(self._copy_all, service, tables))

    def _copy_all(self, service: str, tables: list[tuple[str, list[Row]]]) -> None:
        connection = self.connections[service]
        with connection.transaction():
            for table, rows in tables:
                copy_rows(connection, table, rows)

    def wait(self) -> None:
        """Until all that was begun is done; raises what went wrong."""
        for future in self.under_way:
            future.result()
        self.under_way = []

    def close(self) -> None:
        """Ends the connections."""
        self.pool.shutdown()
        for connection in self.connections.values():
            connection.close()


def copy_rows(connection: Connection, table: str, rows: list[Row]) -> None:
    """COPY of rows that all name the same columns."""
    if not rows:
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def prepare(connections: dict[str, Connection], books: Books) -> None:
    """Months for the events, no counting row by row, and the tree of divisions."""
    make_months(connections)
    _count(connections["notifications"], "DISABLE")
    publish_divisions(connections, books)


def publish_divisions(connections: dict[str, Connection], books: Books) -> None:
    """The tree that registry's migrations have announced: published, and applied by the others."""
    registry, day = connections["registry"], f"{FIRST}T00:00:00+00:00"
    registry.execute(
        "UPDATE outbox SET occurred_at = %(day)s, published_at = %(day)s, feed_position = numbered.position "
        "FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS position FROM outbox) AS numbered "
        "WHERE outbox.seq = numbered.seq",
        {"day": day},
    )
    rows = registry.execute(
        "SELECT id::text, type, aggregate_id, aggregate_version, data FROM outbox ORDER BY seq"
    ).fetchall()
    for event_id, kind, code, version, data in rows:
        books.heads["division", code] = Head(version, event_id, day)
        books.deliver("division", Event(event_id, kind, code, version, data, code, FIRST, "", NOBODY))
    columns = ("code", "name", "level", "parent", "valid_from", "valid_to", "successor")
    placed = registry.execute(f"SELECT {', '.join(columns)} FROM division").fetchall()
    for service in SERVICES[1:]:
        for row in placed:
            books.put(service, "division", **dict(zip(columns, row, strict=True)))


def finish(connections: dict[str, Connection], books: Books, filings: int) -> None:
    """The feeds, counts of what was applied, sequences, and the planner's statistics."""
    with ThreadPoolExecutor(len(connections)) as pool:
        for _ in pool.map(publish, connections.values()):
            pass
    for service, row in books.counts():
        copy_rows(connections[service], "inbox_applied", [row])
    for service, revision in ADDED_UP.items():
        _add_up(connections[service], service, revision)
    _count(connections["notifications"], "ENABLE")
    connections["registry"].execute(
        "SELECT setval('audit_log_number_seq', coalesce(max(number), 0) + 1, false) FROM audit_log"
    )
    if filings:
        connections["registry"].execute("SELECT setval('filing_number', %s)", [filings])
    for connection in connections.values():
        connection.execute("VACUUM ANALYZE")


def _add_up(connection: Connection, service: str, revision: str) -> None:
    """The sums beside the rows, as the migration makes them for rows that were there before."""
    module = ScriptDirectory(str(revisions.folder_of(service))).get_revision(revision).module
    for statement in module.FILL:
        connection.execute(statement)


def _count(connection: Connection, how: str) -> None:
    for table in ("cause", "notice", "delivery"):
        connection.execute(f"ALTER TABLE {table} {how} TRIGGER USER")


def add_ruleset(connection: Connection, version: int, channels: dict[str, list[str]]) -> None:
    """A rule set of notifications by which most kinds are shown in the system only."""
    connection.execute(
        "INSERT INTO ruleset (version, effective_from, document, parameters, published_at) "
        "SELECT %s, '2020-01-01', '吉质联办〔2020〕1号', "
        "parameters || jsonb_build_object('channels_by_kind', %s::jsonb), now() FROM ruleset WHERE version = 1",
        [version, json.dumps(channels)],
    )
