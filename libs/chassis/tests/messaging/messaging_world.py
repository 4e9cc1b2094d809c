"""An author and a reader on real servers, and what the tests say and ask about them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import amqp
import psycopg
from author.events import ThingChanged
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis import broker
from chassis.broker import topology
from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.messaging.envelope import CONTENT_TYPE, Envelope
from chassis.messaging.outbox.table import envelope
from chassis.process import migrate
from testkit import Client, RunningService

INBOX = {
    "x-queue-type": "quorum",
    "x-dead-letter-exchange": "cqo.dead",
    "x-dead-letter-routing-key": "reader.inbox",
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
    "x-delivery-limit": 3,  # in production 100; here the limit is to be reached
}
PRODUCTION_DELIVERY_LIMIT = 100
TOPOLOGY: topology.Definitions = {
    "exchanges": [
        {"name": "author.events", "type": "topic", "arguments": {}},
        {"name": "reader.events", "type": "topic", "arguments": {}},
        {"name": "cqo.dead", "type": "direct", "arguments": {}},
    ],
    "queues": [
        {"name": "reader.inbox", "arguments": INBOX},
        {"name": "reader.dead", "arguments": {"x-queue-type": "quorum", "x-delivery-limit": 1000000}},
        {"name": "author.inbox", "arguments": {"x-queue-type": "quorum"}},  # a worker is ready when it has one
        {"name": "echoes", "arguments": {"x-queue-type": "quorum"}},
    ],
    "bindings": [
        {"source": "author.events", "destination": "reader.inbox", "routing_key": "thing.#"},
        {"source": "author.events", "destination": "reader.inbox", "routing_key": "lot.#"},
        {"source": "reader.events", "destination": "echoes", "routing_key": "echo.#"},
        {"source": "cqo.dead", "destination": "reader.dead", "routing_key": "reader.inbox"},
    ],
}


@dataclass
class Thing:
    """What the author's events are about."""

    id: str
    version: int = 0
    division: str | None = None


@dataclass(frozen=True)
class Figures:
    """What became of the events."""

    expected: int
    applied: int
    lost: int
    twice: int
    inversions: int

    def __str__(self) -> str:
        return (
            f"applied {self.applied} of {self.expected}, lost {self.lost}, applied twice {self.twice}, "
            f"inversions {self.inversions}"
        )

    @property
    def perfect(self) -> bool:
        return self.applied == self.expected and not (self.lost or self.twice or self.inversions)


class World:
    """The two databases and the broker, as a test sees them."""

    def __init__(self, author_url: str, reader_url: str, amqp_url: str) -> None:
        self.author_url, self.reader_url, self.amqp_url = author_url, reader_url, amqp_url
        self.author, self.reader = _engine(author_url), _engine(reader_url)
        self.clock = SystemClock()
        self.things: dict[str, Thing] = {}
        self.announced: list[tuple[str, int]] = []  # aggregate and version of each event whose commit was confirmed

    @classmethod
    def on(cls, postgres_url: str, amqp_url: str) -> World:
        """New databases on a server that a test may stop and kill."""
        urls = []
        for service in ("author", "reader"):
            name = f"{service}_{new_id().replace('-', '')}"
            with psycopg.connect(postgres_url, autocommit=True) as admin:
                admin.execute(f"CREATE DATABASE {name}")
            urls.append(make_url(postgres_url).set(database=name).render_as_string(hide_password=False))
            migrate.upgrade(service, urls[-1])
        return cls(*urls, amqp_url)

    def close(self) -> None:
        self.author.dispose()
        self.reader.dispose()

    # The broker

    @contextmanager
    def channel(self) -> Any:
        connection = broker.connect(self.amqp_url, "test")
        try:
            yield connection.channel()
        finally:
            broker.close(connection)

    def build_topology(self, delivery_limit: int = 3) -> None:
        """Empty queues, whatever an earlier test has left in them."""
        with self.channel() as channel:
            for queue in TOPOLOGY["queues"]:
                channel.queue_delete(queue["name"])
        self.declare_topology(delivery_limit)

    def declare_topology(self, delivery_limit: int = 3) -> None:
        """Declares what is not there; what is stays as it is."""
        definitions = deepcopy(TOPOLOGY)
        definitions["queues"][0]["arguments"]["x-delivery-limit"] = delivery_limit
        topology.apply(self.amqp_url, definitions, wait=20)

    def send(
        self,
        messages: Iterable[bytes],
        exchange: str = "author.events",
        routing_key: str = "",
        at_once: bool = False,
    ) -> None:
        """Puts raw messages into the reader's inbox by way of an exchange, confirmed; `at_once`: all at the end.

        Unless told otherwise each goes by the author's exchange, under its type where it has one.
        """
        with self.channel() as channel:
            channel.confirm_select()
            publish = channel.basic_publish if at_once else channel.basic_publish_confirm
            unconfirmed: set[int] = set()
            channel.events["basic_ack"].add(lambda tag, multiple: _confirm(unconfirmed, tag, multiple))
            for number, raw in enumerate(messages, start=1):
                message = amqp.Message(raw, delivery_mode=2, content_type=CONTENT_TYPE)
                if at_once:
                    unconfirmed.add(number)
                publish(message, exchange=exchange, routing_key=routing_key or _type_in(raw), mandatory=True)
            while unconfirmed:
                channel.connection.drain_events(timeout=30)

    def waiting(self, queue: str) -> int:
        """Messages in `queue` that nobody has been handed."""
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)

    # The author

    def announce(self, subject: str, *events: Any) -> None:
        """Commits events of one aggregate in one transaction."""
        self._commit((subject, event) for event in events or (ThingChanged(),))

    def announce_many(self, aggregates: int, versions: int, event: Any) -> None:
        """Commits `versions` events for each of `aggregates`, version by version."""
        self._commit((f"o{number}", event) for _ in range(versions) for number in range(aggregates))

    def _commit(self, changes: Iterable[tuple[str, Any]]) -> None:
        committed = []
        with Session(self.author) as session, session.begin():
            for subject, event in changes:
                thing = self.things.setdefault(subject, Thing(subject))
                outbox.add(session, thing, event, self.clock)
                committed.append((f"{event.type.partition('.')[0]}:{subject}", thing.version))
        self.announced += committed

    def events(self) -> list[Envelope]:
        """All that the author has announced, as it is sent."""
        with self.author.connect() as connection:
            rows = connection.execute(select(outbox.outbox).order_by(outbox.outbox.c.seq)).all()
        return [envelope(row, "author") for row in rows]

    def unpublished(self) -> int:
        return int(self.ask(self.author, "SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0])

    # The reader

    def effects(self) -> list[tuple[str, int]]:
        """Aggregate and version of each effect, in the order in which they took place."""
        return [(row.aggregate, row.version) for row in self.ask(self.reader, "SELECT * FROM effect ORDER BY id")]

    def parked(self) -> list[Any]:
        return self.ask(self.reader, "SELECT * FROM inbox_parked ORDER BY aggregate, version, id")

    def states(self) -> list[tuple[str | None, int | None, str]]:
        """Aggregate, version and state of each parked event."""
        return [(row.aggregate, row.version, row.state) for row in self.parked()]

    def cursors(self) -> dict[str, int]:
        found = self.ask(self.reader, "SELECT * FROM inbox_cursor WHERE version > 0")
        return {row.aggregate: row.version for row in found}

    def in_handler(self) -> bool:
        """Whether a handler of the reader is at work: it has written, and its transaction is open."""
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        return bool(self.ask(self.reader, f"{query} AND query LIKE 'INSERT INTO effect%'"))

    def waits_for_a_lock(self, longer_than: float = 0) -> bool:
        """Whether a statement of the reader has waited for a lock for so many seconds."""
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(self.ask(self.reader, f"{query} AND query_start < clock_timestamp() - interval '{longer_than} s'"))

    def end_sessions(self, engine: Any) -> None:
        """Ends what a killed process has left under way in its database; the server would finish it."""
        query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
        self.ask(engine, f"{query} AND application_name LIKE '%-relay'")

    def mend(self, *aggregates: str) -> None:
        with self.reader.begin() as connection:
            for aggregate in aggregates:
                connection.execute(text("INSERT INTO mended VALUES (:key)"), {"key": aggregate})

    def figures(self, but: Collection[tuple[str, int]] = ()) -> Figures:
        """The effects beside what was announced, as the test remembers it, `but` left out."""
        effects = self.effects()
        wanted = set(self.announced) - set(but)
        by_object: dict[str, list[int]] = defaultdict(list)
        for aggregate, version in effects:
            by_object[aggregate].append(version)
        inversions = sum(later <= earlier for versions in by_object.values() for earlier, later in pairwise(versions))
        distinct = set(effects)
        return Figures(len(wanted), len(distinct), len(wanted - distinct), len(effects) - len(distinct), inversions)

    def ask(self, engine: Any, query: str) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(text(query)).all())


class Operator:
    """Somebody with the role `ops`, at a service's API."""

    def __init__(self, service: RunningService, token: str) -> None:
        self.service, self.token = service, token

    def get(self, path: str) -> tuple[int, Any]:
        return self._ask("GET", path)

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = Client(self.service.url, self.token, timeout=10).send(method, path, json=body)
        return answer.status_code, answer.json()


def _type_in(raw: bytes) -> str:
    """The type that a message says it has, if a binding of the reader takes it."""
    found = re.search(rb'"type": ?"((?:thing|lot)\.[a-z.0-9]{1,80})"', raw)
    return found[1].decode() if found else "thing.unknown"


def _engine(url: str) -> Any:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)


def _confirm(unconfirmed: set[int], tag: int, multiple: bool) -> None:
    unconfirmed.difference_update([each for each in unconfirmed if each <= tag] if multiple else [tag])
