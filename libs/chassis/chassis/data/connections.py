"""Connections to the database: what each is told when it is made, and one of its own for a loop that listens."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from chassis.data.cooperative import connection_class

CONNECT_TIMEOUT = 5
POLL = 0.2  # seconds between two looks at whether to go on waiting for a notification
SERVER_SETTINGS = {
    # Below the handlers' deadline of 60 s, so that the server gives up first and the connection stays usable.
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    # The server ends a query, and frees its locks, soon after the process that asked has died.
    "client_connection_check_interval": "1s",
    "timezone": "UTC",
}
# A peer that vanished without a word is noticed within about 20 s, not after the kernel's two hours.
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 20_000}


def connection_options(application_name: str, **server_settings: str) -> dict[str, Any]:  # Any: the driver's options
    """What the driver is told when it connects; `server_settings` come beside or replace SERVER_SETTINGS."""
    options = " ".join(f"-c {name}={value}" for name, value in (SERVER_SETTINGS | server_settings).items())
    return {
        "application_name": application_name,
        "connect_timeout": CONNECT_TIMEOUT,
        "options": options,
        **KEEPALIVE,
    }


def connect(
    url: str, application_name: str, **server_settings: str
) -> psycopg.Connection[Any]:  # Any: rows of any shape
    """A connection outside the pool, each statement its own transaction; for a loop that listens or holds a lock."""
    options = connection_options(application_name, **server_settings)
    return connection_class().connect(url, autocommit=True, row_factory=namedtuple_row, **options)


def wait_for_notification(
    connection: psycopg.Connection[Any],  # Any: rows of any shape
    seconds: float,
    stopping: Callable[[], bool],
) -> None:
    """Waits until a channel that `connection` listens on is notified; `seconds` at most, and not while stopping.

    What has come up to then is forgotten with it.
    """
    deadline = time.monotonic() + seconds
    while not stopping() and time.monotonic() < deadline:
        # To its end, and not only to the first: the driver keeps what is not taken, without a limit.
        if list(connection.notifies(timeout=POLL, stop_after=1)):
            return


def forget_notifications(connection: psycopg.Connection[Any]) -> None:  # Any: rows of any shape
    """Drops what came while `connection` was busy; for a loop that looks at everything in its next step anyway."""
    for _ in connection.notifies(timeout=0):
        pass
