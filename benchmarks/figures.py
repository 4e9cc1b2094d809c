"""Measures ten figures of reporting's dashboard on a province's history, today and on past days.

    ./cqo bench figures [--scale 0.1] [--times 20] [--json]

Each is asked over HTTP, for days that are drawn, and each answer is compared with plain SQL over the dated records,
which is written here and shares nothing with the service's own queries. The history is the one of `./cqo bench load`,
which is made first where it is missing. Exits 1 where the 99th percentile of a figure is above 50 ms, or where an
answer differs. Beside the whole answer it shows the time in the database, which other work on the machine disturbs
less.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import psycopg
import report
from load import FOLDER, loaded
from plain_sql import coverage, statistics
from plans import Plans
from province import days
from province.tree import Tree
from running import Running, apis

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

LIMIT = 50.0  # milliseconds, for the 99th percentile
WARM_UP, AT_LEAST, PATIENCE = 3, 3, 20.0  # requests, requests, seconds for one figure
EXPLAINED = 5  # requests for each figure whose plans are read
COMPARED = 3  # answers of each figure that are compared with plain SQL


@dataclass(frozen=True)
class Figure:
    """A figure: its name, the path and query, for whom, and what plain SQL says of a day."""

    name: str
    path: str
    query: dict[str, str]
    division: str | None
    plain: Callable[[Connection, date], object]
    past: bool = False


def figures() -> list[Figure]:
    """The ten."""
    found = []
    for place, population, past in (
        (None, "all", False),
        (None, "above_threshold", False),
        (None, "contenders", True),
        (None, "all", True),
        ("220100", "all", False),
        ("220100", "brand", True),
        ("220102", "all", False),
        ("220184", "all", True),
    ):
        who = "the province" if place is None else Tree().names[place]
        name = f"coverage of {who}, {population}, {'a past day' if past else 'today'}"
        query = {"population": population}
        found.append(Figure(name, "/coverage", query, place, coverage(population, place), past))
    found.append(Figure("statistics, today", "/statistics", {}, None, statistics))
    found.append(Figure("statistics, a past day", "/statistics", {}, None, statistics, True))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench figures", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, help="of the history; what is loaded if left out")
    parser.add_argument("--times", type=int, default=20, help="requests for each figure (20)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args()
    machine = report.Machine.now()
    with loaded(options.scale) as (province, made), apis(province, FOLDER) as running:
        sys.stdout.write(f"the history at scale {made.scale:g}; {options.times} requests for each figure, one by one\n")
        plans = Plans(province)
        with psycopg.connect(province.url("reporting")) as connection:
            rows = [row for figure in figures() for row in measure(running, connection, figure, options.times)]
        with plans.explaining():
            rows += [row for figure in figures() for row in in_database(running, plans, figure)]
    return report.finish("figures", rows, machine, options.json)


def measure(running: Running, connection: Connection, figure: Figure, times: int) -> list[report.Row]:
    """The times of a figure, and whether its answers are those of plain SQL."""
    rng, found, answers = random.Random(figure.name), [], {}
    began = time.monotonic()
    for number in range(WARM_UP + times):
        on = _day(rng) if figure.past else days.LAST
        milliseconds, answers[on] = _ask(running, figure, on)
        if number >= WARM_UP:
            found.append(milliseconds)
        if time.monotonic() - began > PATIENCE and len(found) >= AT_LEAST:
            break
    p50, p99 = report.percentile(found, 50), report.percentile(found, 99)
    rows = [report.at_most(f"{figure.name}, p99", p99, "ms", LIMIT, reference=round(p50, 3))]
    started = time.perf_counter()
    compared = list(answers.items())[:COMPARED]
    differing = [on for on, answer in compared if figure.plain(connection, on) != answer]
    milliseconds = (time.perf_counter() - started) * 1000 / len(compared)
    name = f"{figure.name}, answers that differ from plain SQL ({milliseconds:,.0f} ms)"
    return [*rows, report.Row(name, len(differing), "days", goal="0", met=not differing)]


def in_database(running: Running, plans: Plans, figure: Figure) -> list[report.Row]:
    """How long the statements of a figure took in the database, and the tables that grow which they read as a whole."""
    rng, found, scans = random.Random(figure.name), [], set[str]()
    for _ in range(EXPLAINED):
        statements = plans.of(lambda: _ask(running, figure, _day(rng) if figure.past else days.LAST))
        found.append(sum(each.milliseconds for each in statements))
        scans |= set(plans.scans("reporting", statements))
    rows = [report.plain(f"{figure.name}, in the database, p50", report.percentile(found, 50), "ms")]
    if scans:
        goal = "no table that grows is read from end to end"
        name = f"{figure.name}, reads all of {', '.join(sorted(scans))}"
        rows.append(report.Row(name, len(scans), "tables", goal=goal, met=False))
    return rows


def _day(rng: random.Random) -> date:
    return days.FIRST + timedelta(days=rng.randrange(200, (days.LAST - days.FIRST).days))


def _ask(running: Running, figure: Figure, on: date) -> tuple[float, object]:
    claims = {"division": figure.division} if figure.division else {}
    client = running.client("reporting", "division" if figure.division else "province", **claims)
    started = time.perf_counter()
    answer = client.get(figure.path, on=on, **figure.query)
    milliseconds = (time.perf_counter() - started) * 1000
    if figure.path == "/coverage":
        counts = ("enterprises", "active", "suspended")
        return milliseconds, {unit["unit"]: tuple(unit[name] for name in counts) for unit in answer["units"]}
    return milliseconds, {name: value for name, value in answer.items() if name != "on"}


if __name__ == "__main__":
    sys.exit(main())
