"""What a fault of the database means is said in one place, and each means one thing at most."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import exc as database

from chassis.data import is_contention, is_timeout, is_unavailable


def wrapped(cause: psycopg.Error) -> database.DBAPIError:
    """The fault as SQLAlchemy raises it."""
    return database.DBAPIError.instance("SELECT 1", None, cause, psycopg.Error)  # type: ignore[return-value]  # never DontWrap


def meanings(fault: BaseException) -> list[str]:
    found = {"unavailable": is_unavailable(fault), "contention": is_contention(fault), "timeout": is_timeout(fault)}
    return [name for name, is_so in found.items() if is_so]


@pytest.mark.parametrize(
    ("cause", "meaning"),
    [
        (psycopg.OperationalError("connection refused"), "unavailable"),
        (psycopg.errors.AdminShutdown(), "unavailable"),
        (psycopg.errors.TooManyConnections(), "unavailable"),
        (psycopg.errors.ReadOnlySqlTransaction(), "unavailable"),
        (psycopg.errors.DeadlockDetected(), "contention"),
        (psycopg.errors.SerializationFailure(), "contention"),
        (psycopg.errors.LockNotAvailable(), "contention"),
        (psycopg.errors.QueryCanceled(), "timeout"),
        (psycopg.errors.UniqueViolation(), None),
        (psycopg.errors.UndefinedTable(), None),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_fault_means_one_thing_at_most(cause: psycopg.Error, meaning: str | None) -> None:
    assert meanings(wrapped(cause)) == ([meaning] if meaning else [])


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        (psycopg.errors.AdminShutdown(), "unavailable"),
        (psycopg.errors.DeadlockDetected(), "contention"),
        (psycopg.errors.QueryCanceled(), "timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_the_driver_raises_past_sqlalchemy_means_the_same(fault: psycopg.Error, meaning: str) -> None:
    assert meanings(fault) == [meaning]
