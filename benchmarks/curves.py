"""Measures throughput and delay over load: of the pipeline by events offered, of registry's API by callers.

    ./cqo bench curves [--seconds 4] [--mermaid] [--json]

The pipeline is offered so many committed changes a second, evenly; the delay is from the commit to the row in the other
service's projection, whose arrival a trigger notes. The API is asked by so many callers, each of which sends its next
request when it has the last answer; the delay is that of an answer. `--mermaid` prints the curves as
docs/performance.md shows them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import over_http
import psycopg
import report
import workload
from bench import Bench, servers
from over_http_callers import call
from pipeline import until
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.messaging import outbox

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

OFFERED = (500, 1000, 2000, 3000, 4000, 6000)  # events a second
PER_COMMIT = 20
CALLERS = (1, 2, 4, 8, 16, 32, 64)
ARRIVALS = (
    "CREATE TABLE arrival (item_id TEXT NOT NULL, at TIMESTAMPTZ NOT NULL);"
    "CREATE FUNCTION arrive() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN INSERT INTO arrival VALUES (NEW.item_id, clock_timestamp()); RETURN NULL; END$$;"
    "CREATE TRIGGER arrive AFTER INSERT ON stock FOR EACH ROW EXECUTE FUNCTION arrive()"
)


@dataclass(frozen=True)
class Point:
    """What was reached under a load."""

    load: int
    rate: float  # a second
    p50: float  # milliseconds
    p99: float


def pipeline(bench: Bench, seconds: float) -> list[Point]:
    """The points of the pipeline, from the lowest load to the highest."""
    made, taken = bench.database("maker"), bench.database("taker")
    engine = create_engine(make_url(made).set(drivername="postgresql+psycopg"))
    numbers, points = count(), []
    with (
        bench.worker("taker", taken),
        bench.worker("maker", made),
        psycopg.connect(taken, autocommit=True) as reader,
    ):
        reader.execute(ARRIVALS)
        until(lambda: bench.consumers("taker.inbox") == 1)
        for offered in (OFFERED[0], *OFFERED):  # once before, to warm up
            began = time.time()
            committed = commit_evenly(engine, numbers, offered, seconds)
            until(lambda: arrived(reader) >= len(committed), 0.1)  # noqa: B023 - called at once
            delays, last = delays_of(reader, committed)
            rate = len(committed) / (last - began)
            points.append(Point(offered, rate, *(report.percentile(delays, each) for each in (50, 99))))
            reader.execute("TRUNCATE arrival")
    engine.dispose()
    return points[1:]


def commit_evenly(engine: Engine, numbers: count[int], offered: int, seconds: float) -> dict[str, float]:
    """Commits so many changes a second, PER_COMMIT at a time; the moment of each one's commit, by its id."""
    clock, committed = SystemClock(), dict[str, float]()
    began, commits = time.monotonic(), round(offered * seconds / PER_COMMIT)
    for number in range(commits):
        time.sleep(max(0.0, began + number * PER_COMMIT / offered - time.monotonic()))
        items = [workload.Item(next(numbers)) for _ in range(PER_COMMIT)]
        ids = [item.id for item in items]
        with Session(engine) as session, session.begin():
            for item in items:
                session.add(item)
                outbox.add(session, item, item.made(), clock)
        committed |= dict.fromkeys(ids, time.time())
    return committed


def arrived(reader: Connection) -> int:
    """How many changes the projection has."""
    found = reader.execute("SELECT count(*) FROM arrival").fetchone()
    return int(found[0]) if found else 0


def delays_of(reader: Connection, committed: dict[str, float]) -> tuple[list[float], float]:
    """Milliseconds from commit to arrival of each change, and the moment of the last arrival."""
    rows = reader.execute("SELECT item_id, extract(epoch FROM at)::float8 FROM arrival").fetchall()
    return [1000 * max(0.0, at - committed[item]) for item, at in rows], max(at for _, at in rows)


def http(seconds: float) -> dict[str, list[Point]]:
    """The points of registry's API, by kind of request."""
    serials, points = count(10 * over_http.STORED), dict[str, list[Point]]()
    with over_http.services() as (ours, _, token):
        for kind, name in over_http.KINDS.items():
            call(ours.port, over_http.requests(kind, ours, token, serials), 8, 0.5)
            points[name] = []
            for callers in CALLERS:
                found = call(ours.port, over_http.requests(kind, ours, token, serials), callers, seconds / 2)
                delays = [over_http.percentile(each, found) for each in (50, 99)]
                points[name].append(Point(callers, found.rate, *delays))
    return points


def rows(name: str, unit: str, points: Sequence[Point]) -> list[report.Row]:
    found = []
    for each in points:
        found.append(report.plain(f"{name}, {each.load} {unit}: reached", each.rate, "a second"))
        found.append(report.plain(f"{name}, {each.load} {unit}: p50", each.p50, "ms"))
        found.append(report.plain(f"{name}, {each.load} {unit}: p99", each.p99, "ms"))
    return found


def mermaid(title: str, axis: str, unit: str, points: Sequence[Point], figure: Callable[[Point], float]) -> str:
    """A curve as a chart of Mermaid's."""
    loads = ", ".join(str(each.load) for each in points)
    values = ", ".join(f"{figure(each):.4g}" for each in points)
    return (
        f'```mermaid\nxychart-beta\n    title "{title}"\n    x-axis "{axis}" [{loads}]\n'
        f'    y-axis "{unit}"\n    line [{values}]\n```\n'
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench curves", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4, help="how long each load lasts (4)")
    parser.add_argument("--mermaid", action="store_true", help="the curves as charts for docs/performance.md")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine = report.Machine.now()
    with servers() as bench:
        curves = {"pipeline": ("events offered a second", pipeline(bench, options.seconds))}
    curves |= {name: ("callers", points) for name, points in http(options.seconds).items()}
    if options.mermaid:
        for name, (axis, points) in curves.items():
            sys.stdout.write(mermaid(f"{name}: reached a second", axis, "a second", points, lambda each: each.rate))
            sys.stdout.write(mermaid(f"{name}: p99 of the delay", axis, "ms", points, lambda each: each.p99))
    found = [row for name, (axis, points) in curves.items() for row in rows(name, axis, points)]
    return report.finish("curves", found, machine, options.json)


if __name__ == "__main__":
    sys.exit(main())
