"""The four services' own processes: what is hostile or forged in their queues, and SIGTERM while they start."""

from __future__ import annotations

import dataclasses
import json
import random
import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import amqp
import pytest
from hostile import hostile_messages
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from chassis import broker
from chassis.messaging.envelope import CONTENT_TYPE, Envelope
from testkit import RunningService, wait_for

ROOT = Path(__file__).resolve().parents[2]
READERS = {
    "registry": ("education.recorded.v1",),
    "training": ("enterprise.registered.v1",),
    "notifications": ("enterprise.registered.v1", "education.recorded.v1"),
    "reporting": ("enterprise.registered.v1", "education.recorded.v1"),
}
PUBLISHERS = {"enterprise.registered.v1": "registry", "education.recorded.v1": "training"}
SETTINGS: dict[str, dict[str, str]] = {"notifications": {"smtp_url": "smtp://127.0.0.1:9"}}
LONGEST = 5.0  # seconds from an event to its effect, on a busy machine; one that is held up never has any
NOTED = (
    "CREATE TABLE effect_at (aggregate TEXT, version BIGINT, at TIMESTAMPTZ)",
    "CREATE FUNCTION note_effect() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
    "$$BEGIN INSERT INTO effect_at VALUES (NEW.aggregate, NEW.version, clock_timestamp()); RETURN NEW; END$$",
    "CREATE TRIGGER note_effect BEFORE UPDATE ON inbox_cursor FOR EACH ROW "
    "WHEN (NEW.version > OLD.version) EXECUTE FUNCTION note_effect()",
)


class Reader(NamedTuple):
    """A service's worker, and its database."""

    name: str
    worker: RunningService
    engine: Engine

    def ask(self, query: str, **values: object) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), values).all())

    def effects(self) -> dict[tuple[str, int], float]:
        """When each version of each aggregate took effect; fails if one did twice."""
        rows = self.ask("SELECT aggregate, version, extract(epoch FROM at) FROM effect_at")
        assert len({row[:2] for row in rows}) == len(rows), f"{self.name} has applied an event twice"
        return {(aggregate, version): float(at) for aggregate, version, at in rows}

    def parked(self) -> list[Any]:
        return self.ask("SELECT * FROM inbox_parked ORDER BY id")


class Sender:
    """Sends messages with confirms, as whoever has a connection to the broker can."""

    def __init__(self, amqp_url: str) -> None:
        self.connection = broker.connect(amqp_url, "test")
        self.channel = self.connection.channel()
        self.channel.confirm_select()

    def send(self, messages: Iterable[bytes], exchange: str, routing_key: str) -> None:
        for raw in messages:
            message = amqp.Message(raw, delivery_mode=2, content_type=CONTENT_TYPE)
            self.channel.basic_publish_confirm(message, exchange=exchange, routing_key=routing_key, mandatory=True)

    def announce(self, event: Envelope) -> None:
        """As the event's publisher does it."""
        self.send([event.to_bytes()], f"{event.source.strip('/')}.events", event.type)


@pytest.fixture
def readers(
    running_service: Callable[..., RunningService], make_database: Callable[[str], str]
) -> Iterator[list[Reader]]:
    """The workers of the four services, started side by side."""
    made = []
    for name in READERS:
        url = make_database(name)
        worker = running_service(name, "worker", ready=False, database_url=url, **SETTINGS.get(name, {}))
        made.append(Reader(name, worker, engine_on(url)))
    for reader in made:
        reader.worker.wait_until_ready(60)
        with reader.engine.begin() as connection:
            for statement in NOTED:
                connection.exec_driver_sql(statement)
    yield made
    for reader in made:
        reader.engine.dispose()


def engine_on(url: str) -> Engine:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"))


def example(kind: str, subject: str, sequence: int = 1) -> Envelope:
    """The published example of a type, of another aggregate."""
    path = ROOT / "services" / PUBLISHERS[kind] / "contracts" / f"{kind}.example.json"
    event = Envelope.from_dict(json.loads(path.read_text()))
    data = event.data | ({"enterprise_id": subject} if kind.startswith("enterprise") else {"person_id": subject})
    return dataclasses.replace(
        event, id=str(uuid.uuid4()), subject=subject, sequence=sequence, time=datetime.now(UTC), data=data
    )


@contextmanager
def canary(amqp_url: str) -> Iterator[dict[str, float]]:
    """Good events of each type, ten a second, while the block runs; gives when each aggregate's was sent."""
    sent: dict[str, float] = {}
    stop = Event()

    def sing() -> None:
        sender = Sender(amqp_url)
        number = 0
        while not stop.wait(0.1):
            number += 1
            for kind in PUBLISHERS:
                event = example(kind, f"canary{number}")
                sent[event.aggregate] = time.time()
                sender.announce(event)
        broker.close(sender.connection)

    thread = Thread(target=sing)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def test_whatever_is_in_a_services_queue_is_kept_and_holds_up_no_good_event(
    readers: list[Reader], topology: str, tell: Callable[[str], None]
) -> None:
    sender = Sender(topology)
    hostile = {kind: hostile_messages(example(kind, "bad", 2)) for kind in PUBLISHERS}
    with canary(topology) as sent:
        wait_for(lambda: len(sent) > 20)
        began = time.monotonic()
        for kind, messages in hostile.items():
            sender.send(messages.values(), f"{PUBLISHERS[kind]}.events", kind)
        for reader in readers:
            # Two of them are the same event of the same version.
            wanted = sum(len(hostile[kind]) - 1 for kind in READERS[reader.name])
            wait_for(lambda reader=reader, wanted=wanted: len(reader.parked()) >= wanted, 60)
            assert reader.worker.is_ready(reader.worker.worker_url), f"{reader.name} is not ready"
        seconds = time.monotonic() - began
    for reader in readers:
        mine = {
            key: at
            for key, at in sent.items()
            if any(key.startswith(kind.partition(".")[0]) for kind in READERS[reader.name])
        }
        wait_for(lambda reader=reader, mine=mine: {key for key, _ in reader.effects()} >= set(mine), 30)
        effects = reader.effects()
        delays = sorted(effects[key, 1] - sent_at for key, sent_at in mine.items())
        p99 = delays[int(len(delays) * 0.99)]
        parked = reader.parked()
        states = Counter(row.state for row in parked)
        tell(
            f"{reader.name}: good events {len(mine)}, applied {len(delays)}, p99 {p99:.2f} s, "
            f"kept {dict(states)} within {seconds:.1f} s"
        )

        assert all(row.reason for row in parked)
        assert set(states) <= {"dead", "blocked"}
        assert p99 <= LONGEST
    broker.close(sender.connection)


CONFLICTS = "SELECT event ->> 'id' FROM inbox_parked WHERE state = 'conflict'"

STANDS = "SELECT aggregate, event_id FROM inbox_cursor"
FORGED = "SELECT state FROM inbox_parked WHERE reason LIKE 'not from its publisher%'"
DEAD_LETTERED = 240  # seconds; the broker moves a dead letter again if its queue has not confirmed within three minutes


def test_a_service_takes_events_from_their_publisher_only(readers: list[Reader], topology: str) -> None:
    sender = Sender(topology)
    real = {kind: [example(kind, "honest", version) for version in (1, 2, 3)] for kind in PUBLISHERS}
    for events in real.values():
        sender.announce(events[0])
    for reader in readers:
        wait_for(lambda reader=reader: len(reader.effects()) == len(READERS[reader.name]), 30)
        for kind in READERS[reader.name]:
            for event in real[kind][1:]:
                forged = dataclasses.replace(event, id=str(uuid.uuid4()))
                # By another's exchange nothing reaches the queue; past all exchanges it does.
                sender.send([forged.to_bytes()], "", f"{reader.name}.inbox")
    for kind, events in real.items():
        for event in events[1:]:
            forged = dataclasses.replace(event, id=str(uuid.uuid4()), source="/evil")
            sender.send([forged.to_bytes()], f"{PUBLISHERS[kind]}.events", kind)
    for reader in readers:
        # Others may be there: what the broker still had in hand when the test before emptied its queues comes later.
        wait_for(lambda reader=reader: len(reader.ask(FORGED)) >= 4 * len(READERS[reader.name]), DEAD_LETTERED)
        assert [row.state for row in reader.ask(FORGED)] == ["dead"] * 4 * len(READERS[reader.name])
    for events in real.values():
        sender.announce(events[1])
        sender.announce(events[2])
        sender.announce(dataclasses.replace(events[2], id="another"))
    for reader in readers:
        wait_for(lambda reader=reader: len(reader.ask(CONFLICTS)) == len(READERS[reader.name]), 30)
        stands = {real[kind][2].aggregate: real[kind][2].id for kind in READERS[reader.name]}
        wait_for(lambda reader=reader, stands=stands: dict(reader.ask(STANDS)).items() >= stands.items(), 30)
        applied = reader.ask("SELECT sum(applied + moved) FROM inbox_applied")

        assert {row[0] for row in reader.ask(CONFLICTS)} == {"another"}
        assert int(applied[0][0]) == 3 * len(READERS[reader.name])
    broker.close(sender.connection)


STOPS = 20
SEED = 47
GRACE = 25.0 + 3.0  # seconds: a process gives up by itself after 25
AT_ONCE = 2  # processes


def test_sigterm_at_20_moments_of_the_start_ends_the_process_and_loses_nothing(
    running_service: Callable[..., RunningService],
    make_database: Callable[[str], str],
    topology: str,
    tell: Callable[[str], None],
) -> None:
    url = make_database("registry")
    sender, engine = Sender(topology), engine_on(url)
    whole = time.monotonic()
    running_service("registry", "worker", database_url=url).stop()
    whole = time.monotonic() - whole
    events = [example("education.recorded.v1", f"s{number}") for number in range(100)]
    for event in events:
        sender.announce(event)
    moments = random.Random(SEED)
    stops = [(("api", "worker")[number % 2], moments.uniform(0, 1.2 * whole)) for number in range(STOPS)]

    def stop(process: str, after: float) -> tuple[str, float, float, int]:
        service = running_service("registry", process, ready=False, database_url=url)
        assert service.child is not None
        try:
            service.child.wait(after)
        except subprocess.TimeoutExpired:
            service.child.send_signal(signal.SIGTERM)
        sent_at = time.monotonic()
        return process, after, sent_at, service.child.wait(GRACE + 10)

    def timed(each: tuple[str, float]) -> tuple[str, float, float, int]:
        process, after, sent_at, code = stop(*each)
        return process, after, time.monotonic() - sent_at, code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(timed, stops))
    running_service("registry", "worker", database_url=url)
    effects = "SELECT person_id, count(*) FROM education_fact GROUP BY person_id"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        wait_for(lambda: len(connection.execute(text(effects)).all()) == len(events), 30)
        found = dict(connection.execute(text(effects)).tuples().all())
    for process, after, took, code in ended:
        tell(f"{process} told to stop {after:.2f} s after its start: ended {took:.2f} s later with {code}")
    engine.dispose()
    broker.close(sender.connection)

    assert found == {event.subject: 1 for event in events}, "lost, or applied twice"
    assert max(took for _, _, took, _ in ended) < GRACE
    # Before the process listens to signals, the system ends it by one; after that it ends by itself, and well.
    assert {code for *_, code in ended} <= {0, -signal.SIGTERM}
