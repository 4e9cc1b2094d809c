"""Has every service compare what it has applied with what each publisher has announced, and shows what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.table import Table

from cqolocal.language import tr
from testkit.client import Client, Item, NoAnswer, Refused

WITHIN = 120  # seconds for all comparisons
LOOK_EVERY = 0.3  # seconds
PATIENCE = 10  # seconds that a service may be away
DIFFERENCES = ("behind", "held_up", "ahead", "conflicting")


@dataclass(frozen=True)
class Pair:
    """A reader and a publisher, and what was found at the comparison just made."""

    reader: str
    publisher: str
    aggregates: int
    fetched: int  # events that were missing and have been applied now
    differing: dict[str, int]  # aggregates that differ, by what is wrong with them
    examples: list[str]
    agreed_at: str | None
    problem: str | None

    @property
    def agrees(self) -> bool:
        return self.problem is None and not self.differing


def compare(urls: Mapping[str, str], token: str, within: float = WITHIN) -> list[Pair]:
    """Compares all pairs anew, side by side; `urls` are the services' by name, `token` is for the role `ops`."""
    clients = {service: Client(url, token, patience=PATIENCE) for service, url in urls.items()}
    deadline = time.monotonic() + within
    pairs: list[Pair] = []
    waiting: dict[str, list[Item]] = {}
    for service, client in clients.items():
        try:
            waiting[service] = client.post("/ops/agreement")["items"]
        except (NoAnswer, Refused) as fault:
            pairs.append(_unanswered(service, tr("all"), str(fault)))
    for service, wanted in waiting.items():
        pairs += _found(service, clients[service], wanted, deadline)
    return sorted(pairs, key=lambda pair: (pair.reader, pair.publisher))


def show(pairs: list[Pair]) -> Table:
    """The pairs as a table."""
    headings = (
        tr("reader"),
        tr("publisher"),
        tr("agrees"),
        tr("aggregates"),
        tr("fetched"),
        tr("differs"),
        tr("last agreed"),
    )
    table = Table(*headings, padding=0)  # without padding it fits into 80 columns
    for pair in pairs:
        differs = ", ".join(f"{number} {what}" for what, number in pair.differing.items())
        agrees = tr("yes") if pair.agrees else tr("no")
        told = pair.problem or "; ".join([differs, *pair.examples[:3]])
        last = (pair.agreed_at or tr("never"))[:16].replace("T", " ")
        table.add_row(pair.reader, pair.publisher, agrees, str(pair.aggregates), str(pair.fetched), told, last)
    return table


def _found(service: str, client: Client, wanted: list[Item], deadline: float) -> list[Pair]:
    """The pairs of one reader, once each comparison that was asked for has ended."""
    while True:
        try:
            items = client.get("/ops/agreement")["items"]
        except (NoAnswer, Refused) as fault:
            return [_unanswered(service, tr("all"), str(fault))]
        ended = {item["publisher"]: item for item in items if _has_ended(item)}
        if len(ended) >= len(wanted):
            return [_pair(service, item) for item in ended.values()]
        if time.monotonic() > deadline:
            late = [item["publisher"] for item in items if item["publisher"] not in ended]
            reason = tr("the comparison has not ended; does the worker run? ./cqo logs shows it")
            return [_pair(service, item) for item in ended.values()] + [
                _unanswered(service, publisher, reason) for publisher in late
            ]
        time.sleep(LOOK_EVERY)


def _has_ended(item: Item) -> bool:
    wanted, ended = item["wanted_at"], item["ended_at"]
    return bool(wanted and ended) and datetime.fromisoformat(ended) >= datetime.fromisoformat(wanted)


def _pair(service: str, item: Item) -> Pair:
    types: list[dict[str, Any]] = item["types"]  # Any: counts, and a list of examples
    differing = {what: number for what in DIFFERENCES if (number := sum(each[what] for each in types))}
    examples = [
        tr(
            "{aggregate} {what}: {here} here, {there} there",
            aggregate=one["aggregate"],
            what=one["what"],
            here=one["here"],
            there=one["there"],
        )
        for each in types
        for one in each["examples"]
    ]
    aggregates, fetched = (sum(each[what] for each in types) for what in ("aggregates", "fetched"))
    return Pair(
        service, item["publisher"], aggregates, fetched, differing, examples, item["agreed_at"], item["problem"]
    )


def _unanswered(service: str, publisher: str, problem: str) -> Pair:
    return Pair(service, publisher, 0, 0, {}, [], None, problem)
