"""The service's database, handed to its entrypoints: one visible transaction per use case.

    with self.db.begin() as session:
        …

Nothing connects before the first transaction, so a service starts, stays up and recovers while its database is down.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

import eventlet
import psycopg
from eventlet import patcher
from nameko.extensions import DependencyProvider
from psycopg.rows import dict_row
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import Session

from chassis.clock import Clock, OffsetClock, SystemClock
from chassis.data.connections import connection_options
from chassis.data.cooperative import connection_class, has_something_to_read
from chassis.data.query import Query, Rows, require_reading
from chassis.settings import Settings

log = logging.getLogger(__name__)

Reader: TypeAlias = Connection | Session  # what rows are read from

POOL_SIZE = 10
POOL_TIMEOUT = 10  # seconds a transaction waits for a free connection


class DriverBlocks(RuntimeError):
    """The driver stops the whole process while it waits; set PSYCOPG_WAIT_FUNC=wait_select before psycopg loads."""


class Database(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """Gives entrypoints `begin()`, and `engine` for what needs a connection of its own."""

    @functools.cached_property
    def engine(self) -> Engine:
        name = self.container.service_name
        return engine_for(self.container.config["cqo"].database_url, name)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end of the block, rolled back if it raises."""
        # Answers are dumped after the commit, so what was loaded stays loaded.
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def begin_reading_as_of_now(self) -> Iterator[Session]:
        """The same, and all that is read is of one moment: for what compares the answers of several statements.

        What would write is an error of the database.
        """
        frozen = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with Session(frozen, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that reads rows, each statement as of its own moment: no transaction is begun, nor ended.

        What would write or lock is an error: WritesNothing.
        """
        with read(self.engine) as connection:
            yield connection

    def rows(self, query: Query, **values: object) -> Rows:
        """The rows of a compiled query, as of now: past SQLAlchemy, which would take twice the driver's time."""
        try:
            pooled = self.engine.raw_connection()
            try:
                return _rows(cast(psycopg.Connection[Any], pooled.driver_connection), query, values)  # Any: any rows
            except BaseException:
                pooled.invalidate()  # It may have ended in mid-statement.
                raise
            finally:
                pooled.close()
        except psycopg.Error as fault:
            # As SQLAlchemy raises it, so that it means to everybody what it means elsewhere.
            raise DBAPIError.instance(query.text, None, fault, psycopg.Error, hide_parameters=True) from fault

    def get_dependency(self, worker_ctx: object) -> Database:
        return self

    def stop(self) -> None:
        if "engine" in self.__dict__:
            self.engine.dispose()


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """What `Database.read` gives, of an engine: a look costs one round trip, where a transaction costs three."""
    with _reading(engine).connect() as connection:
        yield connection


@functools.lru_cache
def _reading(engine: Engine) -> Engine:
    """The connections of `engine`, each statement on them for itself."""
    reading = engine.execution_options(isolation_level="AUTOCOMMIT")
    event.listen(reading, "before_execute", _require_reading)
    return reading


def _rows(connection: psycopg.Connection[Any], query: Query, values: dict[str, object]) -> Rows:  # Any: any rows
    connection.autocommit = True
    found = connection.cursor(row_factory=dict_row).execute(query.text, query.values | values).fetchall()
    connection.autocommit = False
    return found


def _require_reading(connection: Connection, statement: object, *_: object) -> None:
    require_reading(statement)


class ClockProvider(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """Gives entrypoints the clock: the machine's, or in the local run the one that all processes move together."""

    @functools.cached_property
    def clock(self) -> Clock:
        return clock_of(self.container.config["cqo"])

    def get_dependency(self, worker_ctx: object) -> Clock:
        return self.clock


def clock_of(settings: Settings) -> Clock:
    """The clock that `settings` ask for."""
    offset_file = settings.clock_offset_file
    return OffsetClock(offset_file) if offset_file else SystemClock()


def engine_for(url: str, application_name: str) -> Engine:
    """The engine for `url`, shared by all in this process that use the same name; it connects at first use."""
    return _engine(url, application_name, os.getpid())


@functools.cache
def _engine(url: str, application_name: str, pid: int) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        pool_use_lifo=True,
        # What a failed statement carried may be personal data; an error's text goes to logs and parked rows.
        hide_parameters=True,
        connect_args=connection_options(application_name),
    )
    # The driver's executemany takes a turn of the hub for each row; as many rows in one INSERT take one.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkout", _require_open)
    if patcher.is_monkey_patched("select"):
        event.listen(engine, "connect", _assert_cooperative, once=True)
    return engine


def _connect(
    dialect: object,
    record: object,
    arguments: list[str],
    options: dict[str, Any],  # Any: the driver's
) -> psycopg.Connection[Any]:  # Any: rows of any shape
    return connection_class().connect(*arguments, **options)


def _require_open(
    connection: psycopg.Connection[Any],  # Any: rows of any shape
    record: object,
    proxy: object,
) -> None:
    """Has a connection replaced, with all that are as old, if the server has ended it while it lay in the pool.

    The end of a connection, or the server's word before it, is there to be read; of one that is in order nothing is.
    So this asks the kernel only, and costs no round trip.
    """
    if connection.closed or has_something_to_read(connection.fileno()):
        raise InvalidatePoolError()


def _assert_cooperative(connection: psycopg.Connection[tuple[object, ...]], record: object) -> None:
    """Checks on the first connection that other greenlets run while this one waits for the database."""
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            eventlet.sleep(0.001)
            ticks += 1

    ticker = eventlet.spawn(tick)
    try:
        connection.execute("SELECT pg_sleep(0.05)")
        connection.rollback()
    finally:
        ticker.kill()
    if not ticks:
        raise DriverBlocks(DriverBlocks.__doc__)
