"""Connections to the broker."""

from __future__ import annotations

import logging

import amqp
import eventlet
from kombu.utils.url import parse_url

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 5
# What tells of a lost connection: amqp raises its own errors and lets the socket's pass.
LOST = (amqp.exceptions.AMQPError, OSError)


def connect(url: str, name: str, heartbeat: int = 0) -> amqp.Connection:
    """A new connection to `url` (amqp:// or amqps://); raises one of LOST. `name` shows in the broker's listing."""
    where = parse_url(url)
    connection = amqp.Connection(
        host=f"{where['hostname'] or 'localhost'}:{where['port'] or (5671 if where['transport'] == 'amqps' else 5672)}",
        userid=where["userid"] or "guest",
        password=where["password"] or "guest",
        virtual_host=where["virtual_host"] or "/",
        ssl=where["transport"] == "amqps",
        connect_timeout=CONNECT_TIMEOUT,
        heartbeat=heartbeat,
        client_properties={"connection_name": name},
        on_blocked=lambda reason: log.warning("the broker takes no messages: %s", reason),
        on_unblocked=lambda: log.info("the broker takes messages again"),
    )
    connection.connect()
    return connection


def close(connection: amqp.Connection | None) -> None:
    """Closes `connection`; that it is broken already, or that the broker does not answer, does not matter."""
    if connection is None:
        return
    try:
        # A broker under an alarm reads nothing from a publisher, so it would not answer the farewell either.
        with eventlet.Timeout(1, False):
            connection.close()
    except LOST as fault:
        log.debug("the connection had ended before it was closed: %s", fault)
    finally:
        connection.collect()
