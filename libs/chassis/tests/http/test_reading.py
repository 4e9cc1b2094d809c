"""What reads rows only begins no transaction, and neither writes nor locks."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import psycopg
import pytest
from sample.storage import item
from sqlalchemy import bindparam, column, delete, func, insert, select, table, text, update
from sqlalchemy.exc import DBAPIError

from chassis.data import Database, Query, WritesNothing, engine_for, is_timeout, is_unavailable, read
from testkit.round_trips import CountedDatabase


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database()
    database.container = SimpleNamespace(
        service_name="reading", config={"cqo": SimpleNamespace(database_url=database_url)}
    )
    yield database
    database.stop()


def test_a_row_is_read_outside_any_transaction(db: Database, database_url: str) -> None:
    with db.read() as connection, psycopg.connect(database_url) as other:
        pid = connection.scalar(select(func.pg_backend_pid()))
        row = other.execute("SELECT state, xact_start FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()

    assert row == ("idle", None)


def test_a_look_of_a_loop_is_one_round_trip(database_url: str) -> None:
    with CountedDatabase(database_url) as database:
        engine = engine_for(database.url, "looks")
        number = select(func.count()).select_from(item)
        for looks in range(20):
            if looks == 10:  # the driver has prepared the statement by then
                before = database.round_trips
            with read(engine) as connection:
                assert connection.scalar(number) == 0
        took = database.round_trips - before
        engine.dispose()

    assert took == 10


def test_what_is_compared_is_read_as_of_one_moment_and_the_next_transaction_is_as_ever(db: Database) -> None:
    number = select(func.count()).select_from(item)
    with db.begin_reading_as_of_now() as session:
        pid = session.scalar(select(func.pg_backend_pid()))
        assert session.scalar(number) == 0
        with db.begin() as other:
            other.execute(insert(item).values(id="a", version=1, name="a", size=1))

        assert session.scalar(number) == 0
        with pytest.raises(DBAPIError, match="read-only"):
            session.execute(delete(item))
    with db.begin() as session:
        assert (session.scalar(select(func.pg_backend_pid())), session.scalar(number)) == (pid, 1)
        session.execute(delete(item))
        assert session.scalar(text("SHOW transaction_isolation")) == "read committed"


def test_a_transaction_on_the_same_connection_is_one_again(db: Database) -> None:
    with db.read() as connection:
        pid = connection.scalar(select(func.pg_backend_pid()))
    with pytest.raises(ZeroDivisionError), db.begin() as session:
        assert session.scalar(select(func.pg_backend_pid())) == pid
        session.execute(insert(item).values(id="a", version=1, name="a", size=1))
        raise ZeroDivisionError

    with db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(item)) == 0


def test_a_compiled_query_gives_rows_and_leaves_its_connection_as_it_was(db: Database) -> None:
    found = Query(select(item.c.name, item.c.size).where(item.c.size > bindparam("above"), item.c.name != "%s"))
    with db.begin() as session:
        session.execute(insert(item), [{"id": n, "version": 1, "name": n, "size": 10 * int(n)} for n in "123"])
        pid = session.scalar(select(func.pg_backend_pid()))

    assert db.rows(found, above=15) == [{"name": "2", "size": 20}, {"name": "3", "size": 30}]
    assert db.rows(found, above=30) == []
    with db.begin() as session:
        assert session.scalar(select(func.pg_backend_pid())) == pid
        assert session.scalar(select(func.now())) == session.scalar(select(func.now()))  # in a transaction


def test_a_fault_of_a_compiled_query_means_what_it_means_elsewhere(db: Database) -> None:
    missing = Query(select(column("a")).select_from(table("no_such_table")))
    slow = Query(select(func.pg_sleep(60)))
    with db.begin() as session:
        pid = session.scalar(select(func.pg_backend_pid()))
        session.execute(text("SET statement_timeout = 50"))

    with pytest.raises(DBAPIError) as late:
        db.rows(slow)
    with pytest.raises(DBAPIError) as unknown:
        db.rows(missing)

    assert is_timeout(late.value)
    assert not is_unavailable(unknown.value)
    with db.begin() as session:
        assert session.scalar(select(func.pg_backend_pid())) != pid  # nobody goes on with a connection that failed


def test_a_compiled_query_without_a_database_says_that_it_is_unavailable(db: Database) -> None:
    db.container.config["cqo"].database_url = "postgresql://nobody@127.0.0.1:9/none"

    with pytest.raises(DBAPIError) as away:
        db.rows(Query(select(1)))

    assert is_unavailable(away.value)


@pytest.mark.parametrize(
    "statement",
    [
        insert(item).values(id="a", version=1, name="a", size=1),
        update(item).values(size=2),
        delete(item),
        select(item).with_for_update(),
        text("SELECT 1"),
    ],
    ids=["insert", "update", "delete", "lock", "text"],
)
def test_what_would_write_or_lock_is_refused(db: Database, statement: object) -> None:
    with db.read() as connection, pytest.raises(WritesNothing):
        connection.execute(statement)  # type: ignore[call-overload]  # any of them
    with pytest.raises(WritesNothing):
        Query(statement)
