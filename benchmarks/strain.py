"""What the pipeline does under strain: several readers side by side, and a large backlog drained."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import psutil
import psycopg
import workload
from bench import Bench
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.messaging import outbox

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape
Until: TypeAlias = Callable[..., None]

VERSIONS = 4  # of each item, so that there is an order to be kept
SEEN = (
    "CREATE TABLE seen (id BIGSERIAL PRIMARY KEY, item_id TEXT NOT NULL, number TEXT NOT NULL);"
    "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN INSERT INTO seen (item_id, number) VALUES (NEW.item_id, NEW.number); RETURN NULL; END$$;"
    "CREATE TRIGGER see AFTER INSERT OR UPDATE ON stock FOR EACH ROW EXECUTE FUNCTION see()"
)
ORDER = (
    "SELECT count(*), count(DISTINCT (item_id, number)), count(*) FILTER (WHERE number <= before) FROM "
    "(SELECT item_id, number, lag(number) OVER (PARTITION BY item_id ORDER BY id) AS before FROM seen) AS seen"
)
APPLIED = "SELECT coalesce(sum(applied), 0) FROM inbox_applied"
FILL = (
    "INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, division, occurred_at) "
    "SELECT gen_random_uuid(), 'item', key, 1, 'item.made.v1', "
    "CAST(%(data)s AS jsonb) || jsonb_build_object('item_id', key), '220102', now() "
    "FROM (SELECT 'item-' || lpad(n::text, 8, '0') AS key FROM generate_series(1, %(number)s) AS n) AS keys"
)


@dataclass(frozen=True)
class Shared:
    """What several readers of one inbox did together."""

    rate: float  # events/s
    lost: int
    twice: int
    inversions: int


@dataclass(frozen=True)
class Drained:
    """How a backlog went: events/s in its first and last tenth, and megabytes of both workers after these."""

    rate: float
    first: float
    last: float
    memory_first: float
    memory_last: float


def applied(reader: Connection) -> int:
    """How many events the reader's handlers have applied."""
    found = reader.execute(APPLIED).fetchone()
    return int(found[0]) if found else 0


def readers_side_by_side(bench: Bench, workers: int, events: int, until: Until) -> Shared:
    """Drains `events` committed changes of a quarter as many items by so many workers of one reader."""
    made, taken = bench.database("maker"), bench.database("taker")
    items = [workload.Item(number) for number in range(events // VERSIONS)]
    _announce(made, items)
    with psycopg.connect(taken, autocommit=True) as reader, ExitStack() as running:
        reader.execute(SEEN)
        for _ in range(workers):
            running.enter_context(bench.worker("taker", taken))
        until(lambda: bench.consumers("taker.inbox") == workers)
        running.enter_context(bench.worker("maker", made))
        until(lambda: applied(reader), 0.005)
        started, already, expected = time.perf_counter(), applied(reader), len(items) * VERSIONS
        until(lambda: applied(reader) >= expected, 0.02)
        rate = (expected - already) / (time.perf_counter() - started)
        seen, distinct, inversions = reader.execute(ORDER).fetchone() or (0, 0, 0)
    return Shared(rate, expected - distinct, seen - distinct, inversions)


def _announce(database: str, items: Sequence[workload.Item]) -> None:
    """Commits VERSIONS events of each item, version by version."""
    engine, clock = create_engine(make_url(database).set(drivername="postgresql+psycopg")), SystemClock()
    for version in range(VERSIONS):
        for start in range(0, len(items), 100):
            with Session(engine) as session, session.begin():
                for item in items[start : start + 100]:
                    item.number = f"{item.id}-{version:04d}"
                    outbox.add(session, item, item.made(), clock)
    engine.dispose()


def drain(bench: Bench, events: int, until: Until) -> Drained:
    """Drains a backlog that was committed before the relay began."""
    made, taken = bench.database("maker"), bench.database("taker")
    data = json.dumps(vars(workload.Item(1).made()), default=str)
    with psycopg.connect(made, autocommit=True) as maker:
        maker.execute("SET statement_timeout = 0")
        maker.execute(FILL, {"data": data, "number": events})
        maker.execute("ANALYZE outbox")
    marks: list[tuple[float, int, float]] = []
    with (
        psycopg.connect(taken, autocommit=True) as reader,
        bench.worker("taker", taken) as taker,
        bench.worker("maker", made) as maker_process,
    ):
        until(lambda: applied(reader), 0.005)
        for tenth in range(11):
            until(lambda share=tenth: applied(reader) >= max(1, events * share // 10), 0.05)  # type: ignore[misc]
            used = sum(psutil.Process(process.pid).memory_full_info().uss for process in (taker, maker_process)) / 1e6
            marks.append((time.perf_counter(), applied(reader), used))
    rates = [(then[1] - now[1]) / (then[0] - now[0]) for now, then in pairwise(marks)]
    rate = (marks[-1][1] - marks[0][1]) / (marks[-1][0] - marks[0][0])
    return Drained(rate, rates[0], rates[-1], marks[1][2], marks[-1][2])
