"""The plans of the statements that a request has executed, as auto_explain writes them into the server's log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import psycopg
from province.books import SERVICES
from province.databases import Province

Node: TypeAlias = dict[str, Any]  # Any: JSON's values

PLAN = re.compile(r"duration: ([0-9.]+) ms  plan:\n((?:\t.*\n)+)")
TRIES = 100
ROWS = 2000  # a table with fewer is read as a whole, and rightly
# These stay small however long the programme runs: by the number of divisions, years, types or replicas.
BOUNDED = frozenset(
    {
        "division",
        "division_record",
        "division_change",
        "ruleset",
        "plan",
        "target",
        "target_history",
        "certificate_sequence",
        "calendar_year",
    }
    | {"inbox_applied", "agreement", "audit_head", "alembic_version", "outbox_digested", "cause_passed"}
    # By the changes of the last seconds.
    | {"cause_change", "delivery_change"}
)


class Statement(NamedTuple):
    """A statement that was executed: its text, how long it took in milliseconds, and its plan."""

    text: str
    milliseconds: float
    plan: Node


class Plans:
    """Reads what was logged since the last reading."""

    def __init__(self, province: Province) -> None:
        self.log, self.province = province.server.log, province
        self.large = {service: _large_tables(province.url(service)) for service in SERVICES}
        self.read_to = 0
        self.has_logged = False

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Has the server log the plan of each statement."""
        self._set("0")
        self.read_to = self.log.stat().st_size
        try:
            yield
        finally:
            self._set("-1")

    def _set(self, milliseconds: str) -> None:
        with psycopg.connect(self.province.server.url, autocommit=True) as admin:
            admin.execute(f"ALTER SYSTEM SET auto_explain.log_min_duration = {milliseconds}")
            admin.execute("SELECT pg_reload_conf()")

    def of(self, ask: Callable[[], object]) -> list[Statement]:
        """The statements of one request, made again where its connection has not heard yet that plans are wanted.

        There are none where it asks nothing of the database, as for the catalogue, which is part of the program.
        """
        self.since()
        for _ in range(TRIES):
            ask()
            if found := self.since():
                self.has_logged = True
                return found
        if self.has_logged:
            return []
        raise SystemExit(f"bench: the server logs no plan; see {self.log}")

    def since(self) -> list[Statement]:
        """The statements since the last call."""
        found, self.read_to = read(self.log, self.read_to)
        return found

    def scans(self, service: str, statements: list[Statement]) -> list[str]:
        """The tables that grow and that one of these statements reads from end to end."""
        read_whole = {table for each in statements for table in sequential_scans(each.plan)}
        return sorted((read_whole - BOUNDED) & self.large[service])


def read(log: Path, start: int) -> tuple[list[Statement], int]:
    """The statements logged from `start` on, and where the log ends."""
    with log.open("rb") as file:
        file.seek(start)
        data = file.read()
    found = []
    for match in PLAN.finditer(data.decode(errors="replace")):
        document = json.loads(match[2])
        found.append(Statement(document["Query Text"], float(match[1]), document["Plan"]))
    return found, start + len(data)


def nodes(plan: Node) -> Iterator[Node]:
    """A plan's nodes."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def sequential_scans(plan: Node) -> set[str]:
    """The tables that are read from end to end, whether row by row or by the whole of an index.

    One that ends early is meant too: how early is a matter of luck.
    """
    return {
        node["Relation Name"]
        for node in nodes(plan)
        if node["Node Type"] in ("Seq Scan", "Parallel Seq Scan", "Sample Scan")
    }


def _large_tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND reltuples > %s", [ROWS])
        return {name for (name,) in rows}
