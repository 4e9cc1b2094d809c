"""Measures the whole way of an event, beside nameko as it comes and beside a bare publish and consume, in one run.

    ./cqo bench pipeline [--events 30000] [--rounds 3] [--rest 300] [--json]

All three run as processes of their own on the same servers: the broker's queue is a quorum queue that confirms, the
database commits to disk. A change is a row; changes are committed 100 at a time, as an import does it, in both
pipelines that have a database. The three take turns in rounds, and ratios are taken within a round, so that what else
the machine does falls on all of them. Ours is counted from committed changes on, as they wait in the outbox; how fast
it is while the changes are being committed on the same cores is shown beside it. Servers named by
CQO_TEST_POSTGRES_URL (a superuser's) and CQO_TEST_AMQP_URL are used; otherwise private ones are started. Exits 1 when a
goal is missed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import bare
import psycopg
import report
import workload
from bench import HERE, Bench, servers
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.messaging import outbox
from chassis.messaging.outbox.table import envelope

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

AGAINST_NAMEKO, AGAINST_BARE, AT_REST = 8.0, 0.4, 50.0  # the goals: times, times, milliseconds
PER_COMMIT = 100
MOVES_WITHIN = 600  # seconds for one run


def until(predicate: Callable[[], object], interval: float = 0.05) -> None:
    deadline = time.monotonic() + MOVES_WITHIN
    while not predicate():
        assert time.monotonic() < deadline, "nothing moves"
        time.sleep(interval)


def commit_changes(database: str, numbers: Sequence[int], per_commit: int) -> None:
    """Commits items with their events, `per_commit` in a transaction: what an API does."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    clock = SystemClock()
    for start in range(0, len(numbers), per_commit):
        with Session(engine) as session, session.begin():
            for number in numbers[start : start + per_commit]:
                item = workload.Item(number)
                session.add(item)
                outbox.add(session, item, item.made(), clock)
    engine.dispose()


def visible(reader: Connection) -> int:
    """How many events the projection shows."""
    found = reader.execute("SELECT count(*) FROM stock").fetchone()
    return int(found[0]) if found else 0


def chassis_pipeline(bench: Bench, events: int, rest: int) -> tuple[dict[str, float], list[float]]:
    """Rates in events/s, and `rest` times the milliseconds from commit to visible at rest.

    The rates: `commits` of the changes alone; `committed` from committed changes on; `along` and `single` while changes
    are being committed, many at once and one by one.
    """
    made, taken = bench.database("maker"), bench.database("taker")
    found: dict[str, float] = {}
    with bench.worker("taker", taken), psycopg.connect(taken, autocommit=True) as reader:
        until(lambda: bench.consumers("taker.inbox") == 1)
        started = time.perf_counter()
        commit_changes(made, range(events), PER_COMMIT)
        found["commits"] = events / (time.perf_counter() - started)
        with bench.worker("maker", made):
            found["committed"] = rate(reader, events)
            found["along"] = rate_along(made, reader, range(events, events + events // 3), PER_COMMIT)
            found["single"] = rate_along(made, reader, range(2 * events, 2 * events + events // 15), 1)
            return found, at_rest(made, reader, 10**7, rest)


def rate_along(made: str, reader: Connection, numbers: Sequence[int], per_commit: int) -> float:
    """Events/s while the changes are being committed."""
    already, started = visible(reader), time.perf_counter()
    commit_changes(made, numbers, per_commit)
    until(lambda: visible(reader) >= already + len(numbers), 0.01)
    return len(numbers) / (time.perf_counter() - started)


def rate(reader: Connection, events: int) -> float:
    """Events/s from the first that is visible to the last, so that no process's start is counted."""
    until(lambda: visible(reader), 0.005)
    started, already = time.perf_counter(), visible(reader)
    until(lambda: visible(reader) >= events, 0.05)  # counting takes the database time as well
    return (events - already) / (time.perf_counter() - started)


def at_rest(made: str, reader: Connection, first: int, times: int) -> list[float]:
    """Milliseconds from the commit of one change to its row in the other service's projection, at rest."""
    engine, clock, found = create_engine(make_url(made).set(drivername="postgresql+psycopg")), SystemClock(), []
    for number in range(first, first + times):
        time.sleep(random.uniform(0.02, 0.06))
        item = workload.Item(number)
        with Session(engine) as session:
            session.add(item)
            outbox.add(session, item, item.made(), clock)
            key = item.id
            session.flush()
            started = time.perf_counter()
            session.commit()
        while not reader.execute("SELECT 1 FROM stock WHERE item_id = %s", (key,)).fetchone():
            time.sleep(0.0005)
        found.append((time.perf_counter() - started) * 1000)
    engine.dispose()
    return found


def nameko_pipeline(bench: Bench, events: int) -> float:
    """Events/s of nameko as it comes."""
    made, taken = bench.database("producer"), bench.database("consumer")
    queue = "evt-plain-producer-item.made.v1--plain-consumer.item_made"
    script = str(HERE / "as_it_comes.py")
    with bench.process(script, "consume", bench.amqp_url, taken), psycopg.connect(taken, autocommit=True) as reader:
        until(lambda: bench.consumers(queue) == 1)
        with bench.process(script, "produce", bench.amqp_url, made, str(events), str(PER_COMMIT)):
            return rate(reader, events)


def bare_pipeline(bench: Bench, events: int) -> float:
    """Events/s of a publisher and a consumer that do nothing else."""
    item = workload.Item(1)
    row = {"id": item.id, "type": "item.made.v1", "aggregate_id": item.id, "aggregate_version": 1}
    row |= {"occurred_at": datetime.now(UTC), "data": json.loads(json.dumps(vars(item.made()), default=str))}
    row |= {"division": item.division, "correlation_id": item.id}
    size = len(envelope(type("Row", (), row)(), "maker").to_bytes())
    with bench.process(str(HERE / "bare.py"), "consume", bench.amqp_url, str(events)) as consumer:
        until(lambda: bench.consumers(bare.QUEUE) == 1)
        started = time.perf_counter()
        with bench.process(str(HERE / "bare.py"), "produce", bench.amqp_url, str(events), str(size)):
            until(lambda: consumer.poll() is not None, 0.01)
            return events / (time.perf_counter() - started)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench pipeline", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=30_000, help="changes through each pipeline in all (30000)")
    parser.add_argument("--rest", type=int, default=300, help="changes made one by one at rest (300)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds they are divided into; the median counts (3)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine = report.Machine.now()
    rounds: list[dict[str, float]] = []
    rest: list[float] = []
    with servers() as bench:
        for number in range(options.rounds):
            events = options.events // options.rounds
            ours, waits = chassis_pipeline(bench, events, options.rest // options.rounds)
            rest += waits
            plain, fast = nameko_pipeline(bench, events), bare_pipeline(bench, events)
            ratios = {"x_nameko": ours["committed"] / plain, "x_bare": ours["committed"] / fast}
            rounds.append({**ours, "nameko": plain, "bare": fast, **ratios})
            sys.stderr.write(
                f"round {number + 1}: {ours['committed']:.0f}, nameko {plain:.0f}, bare {fast:.0f} events/s\n"
            )
    medians = {name: statistics.median(found[name] for found in rounds) for name in rounds[0]}
    sys.stdout.write(f"{options.events:,} events in rounds, medians; {machine.processors} processors\n")
    return report.finish("pipeline", rows(medians, rest), machine, options.json)


def rows(found: dict[str, float], rest: list[float]) -> list[report.Row]:
    """The figures with their goals. A ratio is taken within a round, so it is not that of the medians beside it."""
    p50, p99 = (report.percentile(rest, percent) for percent in (50, 99))
    ours, rate_of = found["committed"], "events/s"
    return [
        report.plain("committed change → outbox → … → projection", ours, rate_of),
        report.plain(f"  with {PER_COMMIT} changes a commit in the same time", found["along"], rate_of),
        report.plain("  with one change a commit in the same time, one writer", found["single"], rate_of),
        report.plain(f"  the commits alone, {PER_COMMIT} changes each, one writer", found["commits"], rate_of),
        report.at_least(
            "against nameko as it comes", ours, rate_of, found["nameko"], AGAINST_NAMEKO, found["x_nameko"]
        ),
        report.at_least(
            "against bare publish and consume", ours, rate_of, found["bare"], AGAINST_BARE, found["x_bare"]
        ),
        report.plain("commit → visible at rest, p50", p50, "ms"),
        report.at_most("commit → visible at rest, p99", p99, "ms", AT_REST),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
