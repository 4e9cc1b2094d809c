"""The broker's topology: applied by a deploy step, and only checked by services.

    python -m chassis.topology apply|check [--amqp URL] [--file deploy/rabbitmq/definitions.json]

The file has RabbitMQ's own form of definitions. Everything is declared over AMQP, so no management plug-in is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import amqp

from chassis import broker

DEFINITIONS = Path(__file__).parents[3] / "deploy" / "rabbitmq" / "definitions.json"


class Differs(Exception):
    """The broker's topology is not that of the file."""


def load(path: Path = DEFINITIONS) -> dict[str, Any]:
    """The definitions: `exchanges`, `queues`, `bindings`."""
    definitions: dict[str, Any] = json.loads(path.read_text())
    return definitions


def apply(connection: amqp.Connection, definitions: dict[str, Any]) -> None:
    """Declares everything; what stands already as it should be is left alone. Raises Differs where it stands otherwise."""
    _declare(connection, definitions, passive=False)
    with connection.channel() as channel:
        for binding in definitions["bindings"]:
            channel.queue_bind(binding["destination"], binding["source"], binding["routing_key"])


def check(connection: amqp.Connection, definitions: dict[str, Any]) -> None:
    """Raises Differs if an exchange or queue is missing, or stands with other arguments."""
    _declare(connection, definitions, passive=True)
    _declare(connection, definitions, passive=False)


def _declare(connection: amqp.Connection, definitions: dict[str, Any], passive: bool) -> None:
    for kind in ("exchanges", "queues"):
        for item in definitions[kind]:
            channel = connection.channel()
            try:
                if kind == "exchanges":
                    channel.exchange_declare(
                        item["name"], item["type"], passive=passive, durable=True, auto_delete=False, arguments=item["arguments"]
                    )
                else:
                    channel.queue_declare(
                        item["name"], passive=passive, durable=True, auto_delete=False, arguments=item["arguments"]
                    )
            except (amqp.exceptions.NotFound, amqp.exceptions.PreconditionFailed) as fault:
                raise Differs(f"{kind[:-1]} {item['name']}: {fault.reply_text}") from fault
            channel.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m chassis.topology", description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("apply", "check"))
    parser.add_argument("--amqp", default=os.environ.get("CQO_AMQP_URL"), help="the broker (CQO_AMQP_URL)")
    parser.add_argument("--file", type=Path, default=DEFINITIONS)
    parser.add_argument("--wait", type=float, default=0, help="seconds to wait for the broker to answer")
    options = parser.parse_args(arguments)
    if not options.amqp:
        parser.error("name the broker: --amqp amqp://user:password@host:5672/vhost, or CQO_AMQP_URL")
    connection = _connect(options.amqp, options.wait)
    try:
        (apply if options.action == "apply" else check)(connection, load(options.file))
    except Differs as fault:
        sys.stderr.write(f"the broker's topology differs from {options.file}: {fault}\n")
        return 1
    finally:
        broker.close(connection)
    sys.stdout.write(f"topology: {options.action} done\n")
    return 0


def _connect(url: str, wait: float) -> amqp.Connection:
    deadline = time.monotonic() + wait
    while True:
        try:
            return broker.connect(url, "topology")
        except broker.LOST as fault:
            if time.monotonic() > deadline:
                raise SystemExit(f"the broker does not answer ({fault}); is CQO_AMQP_URL right, and is it running?") from fault
            time.sleep(0.5)


if __name__ == "__main__":
    raise SystemExit(main())
