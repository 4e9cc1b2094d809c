"""Measures every list, filter, search, proof and operator's page of the four services on a province's history.

    ./cqo bench lists [--scale 0.1] [--times 30] [--only WORDS] [--json]

Each is asked over HTTP, one request at a time, with parameters that are drawn; every second request of a list asks for
its next page. Then each is asked once more while the server logs the plans of the statements: none may read a table
that grows from end to end. The history is the one of `./cqo bench load`, which is made first where it is missing.
Exits 1 where the 99th percentile of one is above 100 ms, or where a plan reads such a table.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any, NamedTuple

import report
from cases import cases
from load import FOLDER, loaded
from plans import Plans
from running import Running, apis
from samples import Case, Samples

LIMIT = 100.0  # milliseconds, for the 99th percentile
ADDRESSES = map(str, ip_network("10.0.0.0/8").hosts())  # from which is asked: what is public is limited by address
WARM_UP, AT_LEAST, PATIENCE = 3, 3, 5.0  # requests, requests, seconds for one case


def main() -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench lists", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, help="of the history; what is loaded if left out")
    parser.add_argument("--times", type=int, default=30, help="requests of each kind (30)")
    parser.add_argument("--only", default="", help="only those whose name has these words")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args()
    chosen = [case for case in cases() if options.only in f"{case.service}: {case.name}"]
    machine = report.Machine.now()
    with loaded(options.scale) as (province, made), apis(province, FOLDER) as running:
        sys.stdout.write(f"the history at scale {made.scale:g}; {options.times} requests of each kind, one by one\n")
        samples, plans = Samples(province), Plans(province)
        rows = [row for case in chosen for row in _row(running, samples, case, options.times)]
        with plans.explaining():
            rows += [row for case in chosen for row in _scans(running, samples, plans, case)]
    return report.finish("lists", rows, machine, options.json)


def measure(running: Running, samples: Samples, case: Case, times: int) -> list[float]:
    """How long each request took, in milliseconds."""
    found: list[float] = []
    began, drawn, cursor = time.monotonic(), Drawn.of(case, samples), None
    for number in range(WARM_UP + times):
        if cursor is None:
            drawn = Drawn.of(case, samples)
        milliseconds, answer = timed(running, case, drawn, cursor)
        # The next page of the same list, once.
        following = answer.get("next") if isinstance(answer, dict) else None
        cursor = following if cursor is None and isinstance(following, str) else None
        if number >= WARM_UP:
            found.append(milliseconds)
        if time.monotonic() - began > PATIENCE and len(found) >= AT_LEAST:
            break
    return found


class NotAnswered(Exception):
    """An answer that tells nothing about how long a list takes."""


class Drawn(NamedTuple):
    """One request."""

    path: str
    query: dict[str, object]
    claims: dict[str, str]
    body: dict[str, object] | None

    @classmethod
    def of(cls, case: Case, samples: Samples) -> Drawn:
        path, query = case.ask(samples)
        claims = {"subscriber": str(query.pop("subscriber"))} if case.role == "system" else case.claims(samples)
        return cls(path, query, claims, case.body(samples) if case.body else None)


def timed(running: Running, case: Case, drawn: Drawn, cursor: str | None = None) -> tuple[float, Any]:
    """How long the answer took, in milliseconds, and its JSON."""
    client = running.client(case.service, case.role, **drawn.claims)
    query = drawn.query if cursor is None else {**drawn.query, "cursor": cursor}
    asked: dict[str, Any] = {"params": query, "headers": {"X-Forwarded-For": next(ADDRESSES)}}  # Any: JSON
    if drawn.body is not None:
        asked["json"] = drawn.body
    started = time.perf_counter()
    answer = client.send("GET" if drawn.body is None else "POST", drawn.path, **asked)
    milliseconds = (time.perf_counter() - started) * 1000
    if answer.status_code not in (200, 404):  # 404: what was drawn need not be there for who asks
        raise NotAnswered(f"{drawn.path} {query} answered {answer.status_code} {answer.text}")
    return milliseconds, answer.json()


def _row(running: Running, samples: Samples, case: Case, times: int) -> Iterator[report.Row]:
    name = f"{case.service}: {case.name}"
    try:
        found = measure(running, samples, case, times)
    except NotAnswered as fault:
        yield report.Row(f"{name}: {fault}", 1, "faults", goal="an answer", met=False)
        return
    p50, p99 = report.percentile(found, 50), report.percentile(found, 99)
    report.say(f"{name}: {p50:.1f} ms, {p99:.1f} ms")
    yield report.at_most(f"{name}, p99", p99, "ms", LIMIT, reference=round(p50, 3))


def _scans(running: Running, samples: Samples, plans: Plans, case: Case) -> Iterator[report.Row]:
    """The tables that grow and that one such request reads from end to end."""
    try:
        statements = plans.of(lambda: timed(running, case, Drawn.of(case, samples)))
    except NotAnswered:
        return  # it is told of with its times
    scans = plans.scans(case.service, statements)
    spent = sum(each.milliseconds for each in statements)
    report.say(f"{case.service}: {case.name}: {len(statements)} statements with {spent:.1f} ms in the database")
    if scans:
        goal = "no table that grows is read from end to end"
        name = f"{case.service}: {case.name}, reads all of {', '.join(scans)}"
        yield report.Row(name, len(scans), "tables", goal=goal, met=False)


if __name__ == "__main__":
    sys.exit(main())
