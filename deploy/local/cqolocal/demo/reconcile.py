"""Reads back from the four services what was published and what was applied, and compares."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cqolocal.demo.client import Caller
from cqolocal.names import SERVICES
from servers import paths

LOOK_EVERY = 0.1  # seconds
SETTLED_WITHIN = 240  # seconds; chaos makes it long


def readers() -> dict[tuple[str, str], list[str]]:
    """For each publisher and kind of object, the services that read it, from the broker's topology."""
    definitions = json.loads((paths.PROJECT / "deploy/rabbitmq/definitions.json").read_text())
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for binding in definitions["bindings"]:
        publisher, _, exchange = binding["source"].partition(".")
        if exchange == "events":
            aggregate = binding["routing_key"].partition(".")[0]
            found[publisher, aggregate].append(binding["destination"].partition(".")[0])
    return found


def state(ops: Caller) -> dict[str, Any]:
    """The outbox, the inbox and the due rows of every service."""
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        states = pool.map(lambda service: ops.get(service, "/ops/state"), SERVICES)
        return dict(zip(SERVICES, states, strict=True))


def reconcile(found: dict[str, Any]) -> dict[str, Any]:
    """Published beside applied at every consumer: `lost`, `applied_twice`, `parked`, and the counts by type.

    `differing` says for each type and consumer where the counts are not the same.
    """
    published: dict[str, int] = {}
    applied: dict[str, dict[str, int]] = defaultdict(dict)
    lost = twice = 0
    differing = []
    for (publisher, aggregate), consumers in readers().items():
        for kind, count in found[publisher]["outbox"]["by_type"].items():
            if kind.partition(".")[0] != aggregate:
                continue
            for consumer in consumers:
                seen = found[consumer]["inbox"]["applied"].get(kind, 0)
                applied[kind][consumer] = seen
                lost += max(0, count - seen)
                twice += max(0, seen - count)
                if seen != count:
                    differing.append(f"{kind} at {consumer}: {seen} of {count}")
    for service in SERVICES:
        published |= found[service]["outbox"]["by_type"]
    return {
        "published": published,
        "applied": dict(applied),
        "differing": differing,
        "lost": lost,
        "applied_twice": twice,
        "parked": sum(found[service]["inbox"]["parked"] for service in SERVICES),
        "unpublished": sum(found[service]["outbox"]["unpublished"] for service in SERVICES),
        "overdue": sum(sum(found[service]["overdue"].values()) for service in SERVICES),
    }


def under_way(result: dict[str, Any]) -> dict[str, int]:
    """What keeps it from being settled: the counts that are not 0."""
    counts = ("lost", "applied_twice", "parked", "unpublished", "overdue")
    return {name: result[name] for name in counts if result[name]}


def is_settled(result: dict[str, Any]) -> bool:
    """Whether nothing is under way any more."""
    return not under_way(result)


def settle(ops: Caller, patience: float = SETTLED_WITHIN) -> dict[str, Any]:
    """Waits until nothing is under way: seen twice alike, since one event may cause another between two looks.

    After `patience` seconds it gives what it saw last, whatever that is.
    """
    deadline = time.monotonic() + patience
    before: dict[str, Any] = {}
    while True:
        result = reconcile(state(ops))
        is_quiet = is_settled(result) and not _letters_wait(ops)
        if (is_quiet and result == before) or time.monotonic() > deadline:
            return result
        before = result
        if not is_quiet:
            time.sleep(LOOK_EVERY)


def _letters_wait(ops: Caller) -> bool:
    states = {item["state"] for item in ops.get("notifications", "/notices/summary")["items"]}
    return not states.isdisjoint({"pending", "sending"})
