"""Measures deliveries by webhook to many subscribers, beside a bare HTTP client that sends the same signed bodies.

    ./cqo bench subscribers [--subscribers 20] [--events 5000] [--rounds 2] [--json]

A worker of notifications delivers what lies in its database to local end points; each event is signed, logged and
settled. The reference has the same bodies and headers, signed, in its memory, and sends them over as many connections
that it keeps open; it stores nothing. Both run in each round, one after the other. Exits 1 when the goal is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import psutil
import psycopg
import report
from installation import Installation, connect, installed

from chassis.ids import new_id
from chassis.security import Cipher
from notifications.adapters.webhook import signing
from notifications.adapters.webhook.target import CONNECTIONS
from notifications.domain.webhook import Scheme

AGAINST_BARE = 0.5  # the goal
HERE = Path(__file__).resolve().parent
WITHIN = 240.0  # seconds for a round
DATA = {
    "certificate_id": "01a2254c-7c33-75af-a66e-cd60fef06967",
    "number": "CQO-JL-2026-220100-000012",
    "person": "p-5f3a9c1e77d24b0c9a6e",
    "issued_on": "2026-03-06",
    "valid_from": "2026-03-06",
    "valid_until": "2029-03-05",
}
SUBSCRIPTION = """
INSERT INTO subscription (id, version, name, subscriber, contact_email, legal_basis, purpose, ends_on, types, fields,
    way, target, pseudonym_key, state, entered_by, entered_at)
VALUES (%s, 1, '示例订阅', 'bench', '', '示例', '示例', '2099-01-01', '{certificate.issued.v1}', '{}', 'webhook', %s,
    '', 'paused', 'bench', now())
"""
EVENTS = (
    "COPY subscription_event (subscription_id, sequence, previous_sequence, event_id, source, type, subject, "
    'partitionkey, occurred_at, body, "left", created_at) FROM STDIN'
)
LEFT = (
    "SELECT sum(s.next_sequence - 1 - e.position) + (SELECT count(*) FROM webhook_waiting) "
    "FROM subscription s JOIN webhook_endpoint e ON e.subscription_id = s.id"
)
LATENCIES = "SELECT (a->>'milliseconds')::float FROM webhook_log, jsonb_array_elements(attempts) a WHERE id > %s"
Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape


@dataclass
class Subscriber:
    """A subscription by webhook, its key, and how many events it has."""

    id: str
    port: int
    key: str
    events: int = 0


def subscribe(database: Connection, port: int, cipher: Cipher) -> Subscriber:
    """A subscription that is paused, with its end point at `port`."""
    made = Subscriber(new_id(), port, signing.new_key(Scheme.HMAC_SHA256))
    target = {"url": f"http://127.0.0.1:{port}/cqo", "networks": ["127.0.0.0/8"]}
    database.execute(SUBSCRIPTION, (made.id, json.dumps(target)))
    database.execute("INSERT INTO webhook_endpoint (subscription_id) VALUES (%s)", (made.id,))
    key_id = new_id()
    row = (key_id, made.id, Scheme.HMAC_SHA256, cipher.seal(made.key, f"webhook:{key_id}"))
    database.execute(
        "INSERT INTO webhook_key (id, subscription_id, scheme, key, made_at) VALUES (%s, %s, %s, %s, now())", row
    )
    return made


def announce(database: Connection, to: Subscriber, number: int) -> list[tuple[dict[str, str], str]]:
    """So many events, each of an object of its own; returns them as the reference sends them."""
    now, messages = datetime.now(UTC), []
    signer = signing.signer(Scheme.HMAC_SHA256, to.key)
    with database.cursor() as cursor, cursor.copy(EVENTS) as copy:
        for sequence in range(to.events + 1, to.events + number + 1):
            event_id, subject = new_id(), new_id()
            event = {
                "specversion": "1.0",
                "id": event_id,
                "source": "/training",
                "type": "certificate.issued.v1",
                "subject": subject,
                "time": now.isoformat(),
                "datacontenttype": "application/json",
                "feedsequence": sequence,
                "previoussequence": sequence - 1,
                "data": DATA,
            }
            body = json.dumps(event, ensure_ascii=False)
            kind = ("/training", "certificate.issued.v1", subject, f"certificate:{subject}")
            copy.write_row((to.id, sequence, sequence - 1, event_id, *kind, now, body, False, now))
            headers = {"content-type": "application/cloudevents+json", "user-agent": "cqo-webhooks/1"}
            signed = signing.headers([signer], event_id, int(now.timestamp()), body.encode())
            messages.append((headers | signed, body))
    to.events += number
    database.execute("UPDATE subscription SET next_sequence = %s WHERE id = %s", (to.events + 1, to.id))
    return messages


def by_the_worker(database: Connection, deliveries: int) -> float:
    """Deliveries/s, from the moment that all go live to the last that is settled."""
    began = time.perf_counter()
    database.execute("UPDATE subscription SET state = 'live'")
    database.execute("NOTIFY cqo_webhooks")
    while left := _one(database, LEFT):
        if time.perf_counter() - began > WITHIN:
            raise SystemExit(f"{left} of {deliveries} events were not delivered within {WITHIN:.0f} s")
        time.sleep(0.05)
    seconds = time.perf_counter() - began
    database.execute("UPDATE subscription SET state = 'paused'")
    return deliveries / seconds


def by_a_bare_client(folder: Path, messages: dict[int, list[tuple[dict[str, str], str]]]) -> float:
    """Deliveries/s of the reference."""
    folder.mkdir()
    for port, mine in messages.items():
        (folder / f"{port}.json").write_text(json.dumps(mine))
    command = [sys.executable, str(HERE / "posting.py"), str(folder), str(CONNECTIONS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return sum(map(len, messages.values())) / float(done.stdout)


def _one(database: Connection, statement: str) -> int:
    found = database.execute(statement).fetchone()
    return int(found[0]) if found else 0


def measure(installation: Installation, ports: list[int], options: argparse.Namespace) -> list[report.Row]:
    """The rounds, and what they come to."""
    database = installation.stack.enter_context(connect(installation.database("notifications")))
    cipher = Cipher(installation.secrets["pii_key"], installation.secrets["pii_index_key"])
    subscribers = [subscribe(database, port, cipher) for port in ports]
    worker = installation.start("notifications", "worker")
    process, number = psutil.Process(worker.pid), options.events // options.rounds
    before, rounds, latencies = process.memory_full_info().pss / 1e6, [], []
    for turn in range(options.rounds):
        messages = {each.port: announce(database, each, number) for each in subscribers}
        database.execute("ANALYZE subscription_event")
        row = database.execute("SELECT coalesce(max(id), '') FROM webhook_log").fetchone()
        ours = by_the_worker(database, number * len(ports))
        latencies += [float(each[0]) for each in database.execute(LATENCIES, row).fetchall()]
        rounds.append((ours, by_a_bare_client(installation.folder / f"bare-{turn}", messages)))
        report.say(f"{rounds[-1][0]:.0f} deliveries/s, bare client {rounds[-1][1]:.0f}")
    ours, reference = (statistics.median(each) for each in zip(*rounds, strict=True))
    ratio = statistics.median(mine / bare for mine, bare in rounds)
    name = f"{len(ports)} subscribers × {options.events} events by webhook"
    return [
        report.at_least(name, ours, "deliveries/s", reference, AGAINST_BARE, ratio),
        report.plain("an attempt, median", report.percentile(latencies, 50), "ms"),
        report.plain("an attempt, 99th percentile", report.percentile(latencies, 99), "ms"),
        report.plain("the worker's memory before", before, "MB"),
        report.plain("the worker's memory after", process.memory_full_info().pss / 1e6, "MB"),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench subscribers", description=__doc__.splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=20, help="end points (20)")
    parser.add_argument("--events", type=int, default=5000, help="events for each in all (5000)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds they are divided into; the median counts (2)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine = report.Machine.now()
    command = [sys.executable, str(HERE / "receiving.py"), str(options.subscribers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as receiver:
        assert receiver.stdout is not None and receiver.stdin is not None
        try:
            ports = [int(each) for each in receiver.stdout.readline().split()]
            with installed() as installation:
                rows = measure(installation, ports, options)
        finally:
            receiver.stdin.close()
    return report.finish("subscribers", rows, machine, options.json)


if __name__ == "__main__":
    raise SystemExit(main())
