"""What reads rows only begins no transaction, and neither writes nor locks."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import psycopg
import pytest
from sample.storage import item
from sqlalchemy import delete, func, insert, select, text, update

from chassis.data import Database, WritesNothing


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


def test_a_transaction_on_the_same_connection_is_one_again(db: Database) -> None:
    with db.read() as connection:
        pid = connection.scalar(select(func.pg_backend_pid()))
    with pytest.raises(ZeroDivisionError), db.begin() as session:
        assert session.scalar(select(func.pg_backend_pid())) == pid
        session.execute(insert(item).values(id="a", version=1, name="a", size=1))
        raise ZeroDivisionError

    with db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(item)) == 0


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
