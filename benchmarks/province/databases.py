"""The private server of the load, its four databases, and the copying of rows into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.process import migrate
from province.books import SERVICES, Row
from servers import WITHOUT_SYNC, PostgresServer, start_postgres

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

# A modest machine's: a production server has more. The rest keeps checkpoints out of the measurements.
SETTINGS = {
    "shared_buffers": "512MB",
    # With no standby to follow, what a transaction writes into a table that it has emptied need not be logged.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "30min",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    # What ../plans.py reads; nothing is logged until it asks.
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_format": "json",
}
WHILE_LOADING = {
    **WITHOUT_SYNC,
    # Four databases are worked on side by side.
    "max_parallel_maintenance_workers": "0",
}


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

    def copy(self, taken: Iterable[tuple[str, str, list[Row]]]) -> None:
        """Begins to copy, once what was begun before is done."""
        self.wait()
        by_service: dict[str, list[tuple[str, list[Row]]]] = {service: [] for service in SERVICES}
        for service, table, rows in taken:
            by_service[service].append((table, rows))
        for service, tables in by_service.items():
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


@contextmanager
def session_on(url: str) -> Iterator[Session]:
    """A session on a database, which leaves no connection behind."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()
