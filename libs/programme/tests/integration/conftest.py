"""The office on fresh databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from office_process import NO_BROKER, Office
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from testkit import RunningService


@pytest.fixture
def database_url(make_database: Callable[[str], str]) -> str:
    """A fresh database of the office."""
    return make_database("office")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


@pytest.fixture
def session(shared_engine: Callable[[str], Engine]) -> Iterator[Session]:
    """A session on a database that all such tests share; what it does is rolled back."""
    with shared_engine("office").connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture
def office(
    running_service: Callable[..., RunningService], database_url: str, engine: Engine, token: Callable[..., str]
) -> Office:
    """The office's API, without a broker."""
    running = running_service("office", process="api", database_url=database_url, amqp_url=NO_BROKER)
    return Office(running, engine, token)
