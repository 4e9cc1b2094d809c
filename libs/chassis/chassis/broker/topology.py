"""The broker's topology: applied by a deploy step, and only checked by services.

    python -m chassis.broker.topology apply|check --file deploy/rabbitmq/definitions.json [--amqp URL]

The file has RabbitMQ's own form of definitions. Everything is declared over AMQP, so no management plug-in is needed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import amqp

from chassis import broker
from chassis.settings import ConfigurationError, read_one

# Stands while all bindings do. Relays publish to no broker without it: an event that is routed to some of its readers
# only is confirmed all the same, and the others would never hear of it.
COMPLETE = "cqo.topology"


class Exchange(TypedDict):
    """An exchange, as RabbitMQ's definitions have it."""

    name: str
    type: str
    arguments: dict[str, object]


class Queue(TypedDict):
    """A queue, as RabbitMQ's definitions have it."""

    name: str
    arguments: dict[str, object]


class Binding(TypedDict):
    """What goes from an exchange to a queue."""

    source: str
    destination: str
    routing_key: str


class Definitions(TypedDict):
    """What the broker has; a file may say more than that."""

    exchanges: list[Exchange]
    queues: list[Queue]
    bindings: list[Binding]


class Differs(Exception):
    """The broker's topology is not that of the file."""


def load(path: Path) -> Definitions:
    """The definitions in the file."""
    definitions: Definitions = json.loads(path.read_text())
    return definitions


def apply(url: str, definitions: Definitions, wait: float = 0) -> None:
    """Declares everything at the broker `url`, waiting up to `wait` seconds for it; what stands already is left alone.

    Raises Differs where something stands with other arguments.
    """
    connection = _connect(url, wait)
    try:
        _declare(connection, definitions, passive=False)
        channel = connection.channel()
        channel.exchange_delete(COMPLETE)
        for binding in definitions["bindings"]:
            channel.queue_bind(binding["destination"], binding["source"], binding["routing_key"])
        channel.exchange_declare(COMPLETE, "fanout", durable=True, auto_delete=False)
    finally:
        broker.close(connection)


def check(url: str, definitions: Definitions, wait: float = 0) -> None:
    """Raises Differs if an exchange or queue is missing at the broker `url`, or stands with other arguments."""
    connection = _connect(url, wait)
    try:
        # Passively first, so that what is missing is not made by looking; a second time to compare the arguments.
        _declare(connection, definitions, passive=True)
        _declare(connection, definitions, passive=False)
        if not is_complete(connection):
            raise Differs("bindings may be missing; apply it")
    finally:
        broker.close(connection)


def is_complete(connection: amqp.Connection) -> bool:
    """Whether the topology has been applied to its end."""
    channel = connection.channel()
    try:
        channel.exchange_declare(COMPLETE, "fanout", passive=True)
    except amqp.exceptions.NotFound:
        return False  # the broker has closed the channel
    channel.close()
    return True


def _declare(connection: amqp.Connection, definitions: Definitions, passive: bool) -> None:
    how = {"passive": passive, "durable": True, "auto_delete": False}
    for exchange in definitions["exchanges"]:
        with _compared(connection, f"exchange {exchange['name']}") as channel:
            channel.exchange_declare(exchange["name"], exchange["type"], arguments=exchange["arguments"], **how)
    for queue in definitions["queues"]:
        with _compared(connection, f"queue {queue['name']}") as channel:
            channel.queue_declare(queue["name"], arguments=queue["arguments"], **how)


@contextmanager
def _compared(connection: amqp.Connection, what: str) -> Iterator[amqp.Channel]:
    channel = connection.channel()
    try:
        yield channel
    except (amqp.exceptions.NotFound, amqp.exceptions.PreconditionFailed) as fault:
        raise Differs(f"{what}: {fault.reply_text}") from fault  # the broker has closed the channel
    channel.close()


def main(arguments: list[str] | None = None) -> int:
    import argparse  # here, as all services load this module and none of them a command line

    parser = argparse.ArgumentParser(prog="python -m chassis.broker.topology", description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("apply", "check"))
    parser.add_argument("--amqp", help="the broker (CQO_AMQP_URL), as a user that may configure it")
    parser.add_argument("--file", type=Path, required=True, help="the definitions, deploy/rabbitmq/definitions.json")
    parser.add_argument("--wait", type=float, default=0, help="seconds to wait for the broker to answer")
    options = parser.parse_args(arguments)
    act = apply if options.action == "apply" else check
    try:
        act(options.amqp or read_one("amqp_url", "topology"), load(options.file), options.wait)
    except ConfigurationError as fault:
        parser.error(f"name the broker: --amqp amqp://user:password@host:5672/vhost, or CQO_AMQP_URL ({fault})")
    except Differs as fault:
        sys.stderr.write(f"the broker's topology differs from {options.file}: {fault}\n")
        return 1
    except amqp.exceptions.AccessRefused as fault:
        sys.stderr.write(
            f"the broker refuses it ({fault.reply_text}); the topology is its administrator's to declare\n"
        )
        return 1
    except broker.LOST as fault:
        sys.stderr.write(f"the broker does not answer ({fault}); is CQO_AMQP_URL right, and is it running?\n")
        return 1
    sys.stdout.write(f"topology: {options.action} done\n")
    return 0


def _connect(url: str, wait: float) -> amqp.Connection:
    deadline = time.monotonic() + wait
    while True:
        try:
            return broker.connect(url, "topology")
        except broker.LOST:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    raise SystemExit(main())
