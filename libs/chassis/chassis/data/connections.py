"""Connections to the database: what each is told when it is made, and one of its own for a loop that listens."""

from __future__ import annotations

from typing import Any

import psycopg
from eventlet.hubs import trampoline
from psycopg.rows import namedtuple_row

from chassis.data.cooperative import connection_class
from chassis.stopping import StopSignal

CONNECT_TIMEOUT = 5
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
    stop: StopSignal,
) -> None:
    """Waits until a channel that `connection` listens on is notified; `seconds` at most, and not while stopping.

    What has come up to then is forgotten with it.
    """
    if forget_notifications(connection):
        return
    # Not by the driver, which wakes ten times a second while it waits.
    with stop.at_most(seconds):
        trampoline(connection.fileno(), read=True)
    forget_notifications(connection)


def forget_notifications(connection: psycopg.Connection[Any]) -> int:  # Any: rows of any shape
    """Drops what came while `connection` was busy, and says how many; a loop looks at everything next anyway."""
    # To the end: the driver keeps what is not taken, without a limit.
    return sum(1 for _ in connection.notifies(timeout=0))
