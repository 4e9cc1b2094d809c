"""The pilot service on the path, and short words for its due rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import SystemClock

NOWHERE = "amqp://guest:guest@127.0.0.1:9/"


@pytest.fixture
def database_url(make_database: Callable[[str], str]) -> str:
    """A fresh database of the pilot."""
    return make_database("pilot")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


@pytest.fixture
def rows(engine: Engine) -> Rows:
    return Rows(engine)


class Rows:
    """The due rows and the effects in the pilot's database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.today = SystemClock().today()

    def plan(self, key: str, in_days: int = 0, series: str | None = None, **payload: Any) -> None:
        with Session(self.engine) as session, session.begin():
            due.plan(session, "pilot.notice", series or key, key, self.today + timedelta(in_days), payload)

    def plan_many(self, count: int, kind: str = "pilot.notice", series: str = "") -> None:
        """Plans rows that are due today, each of a series of its own and with a key that begins with its kind."""
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO due (kind, series, key, due_on, payload) "
                    "SELECT :kind, :series || n, :kind || :series || n, :today, '{}' FROM generate_series(1, :count) n"
                ),
                {"kind": kind, "series": series, "count": count, "today": self.today},
            )

    def states(self) -> dict[str, str]:
        """The state of each row by its key."""
        with self.engine.connect() as connection:
            return {row.key: row.state for row in connection.execute(text("SELECT key, state FROM due ORDER BY id"))}

    def count(self, state: str) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(text("SELECT count(*) FROM due WHERE state = :state"), {"state": state}) or 0

    def effects(self) -> list[str]:
        """The keys of all effects, in their order."""
        with self.engine.connect() as connection:
            return list(connection.scalars(text("SELECT key FROM effect ORDER BY id")))

    def workers(self) -> set[int]:
        """The process ids that had effects."""
        with self.engine.connect() as connection:
            return set(connection.scalars(text("SELECT DISTINCT by FROM effect")))
