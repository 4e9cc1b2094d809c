"""Reads back from the four services what was published and what was applied, and compares it by identity.

A reader that has a handler for a type must have applied as many events of it as were published, and the same ones: the
sums over their ids are equal. So one that was lost and one that was applied twice do not cancel.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypedDict

from cqolocal.demo.client import Caller
from cqolocal.language import tr
from cqolocal.names import SERVICES

LOOK_EVERY = 0.1  # seconds
SETTLED_WITHIN = 240  # seconds; chaos makes it long


class Published(TypedDict):
    """The events of a type that a service has published: how many, and the sum over their ids."""

    published: int
    id_sum: str


class Applied(TypedDict):
    """The events of a type that have come to a service: applied by a handler, or without one."""

    applied: int
    moved: int
    id_sum: str | None  # None: some were applied before the sum was kept


class Outbox(TypedDict):
    """What a service has announced."""

    by_type: dict[str, Published]
    unpublished: int


class Inbox(TypedDict):
    """What a service has applied of the others' events."""

    handles: list[str]
    by_type: dict[str, Applied]
    parked: int


class State(TypedDict):
    """What a service answers to GET /ops/state."""

    outbox: Outbox
    inbox: Inbox
    overdue: dict[str, int]


class Reconciliation(TypedDict):
    """Published beside applied at every reader that has a handler, and what is still under way."""

    published: dict[str, int]
    applied: dict[str, dict[str, int]]  # by type and reader
    cursor_only: dict[str, dict[str, int]]  # the same, of what a reader has no handler for
    differing: list[str]  # for each type and reader that has not what was published, a line that says so
    lost: int
    applied_twice: int
    parked: int
    unpublished: int
    overdue: int


NOTHING_APPLIED: Applied = {"applied": 0, "moved": 0, "id_sum": "0"}


def state(ops: Caller) -> dict[str, State]:
    """The outbox, the inbox and the due rows of every service."""
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        states = pool.map(lambda service: ops.get(service, "/ops/state"), SERVICES)
        return dict(zip(SERVICES, states, strict=True))


def reconcile(found: Mapping[str, State]) -> Reconciliation:
    """Compares what was published with what was applied at every reader that has a handler for it."""
    published = {kind: events for each in found.values() for kind, events in each["outbox"]["by_type"].items()}
    result: Reconciliation = {
        "published": {kind: events["published"] for kind, events in published.items()},
        "applied": {},
        "cursor_only": {},
        "differing": [],
        "lost": 0,
        "applied_twice": 0,
        "parked": sum(each["inbox"]["parked"] for each in found.values()),
        "unpublished": sum(each["outbox"]["unpublished"] for each in found.values()),
        "overdue": sum(sum(each["overdue"].values()) for each in found.values()),
    }
    for kind, events in published.items():
        for reader, each in found.items():
            seen = each["inbox"]["by_type"].get(kind, NOTHING_APPLIED)
            if seen["moved"]:
                result["cursor_only"].setdefault(kind, {})[reader] = seen["moved"]
            if kind in each["inbox"]["handles"]:
                result["applied"].setdefault(kind, {})[reader] = seen["applied"]
                _compare(result, tr("{kind} at {reader}", kind=kind, reader=reader), events, seen)
    return result


def _compare(result: Reconciliation, what: str, events: Published, seen: Applied) -> None:
    """Adds to `lost`, `applied_twice` and `differing` where a reader has not applied exactly what was published."""
    missing = events["published"] - seen["applied"]
    counts = tr("{what}: {applied} of {published}", what=what, applied=seen["applied"], published=events["published"])
    if missing:
        result["lost"] += max(0, missing)
        result["applied_twice"] += max(0, -missing)
        result["differing"].append(counts)
    elif seen["id_sum"] is not None and seen["id_sum"] != events["id_sum"]:
        # As many, but not the same: at least one is missing, and another was applied in its place.
        result["lost"] += 1
        result["applied_twice"] += 1
        result["differing"].append(tr("{counts}, but not the same ones", counts=counts))


def under_way(result: Reconciliation) -> dict[str, int]:
    """What keeps it from being settled: the counts that are not 0."""
    counts = {
        "lost": result["lost"],
        "applied_twice": result["applied_twice"],
        "parked": result["parked"],
        "unpublished": result["unpublished"],
        "overdue": result["overdue"],
    }
    return {name: count for name, count in counts.items() if count}


def is_settled(result: Reconciliation) -> bool:
    """Whether nothing is under way any more."""
    return not under_way(result)


def settle(ops: Caller, within: float = SETTLED_WITHIN) -> Reconciliation:
    """Waits until nothing is under way: seen twice alike, since one event may cause another between two looks.

    After `within` seconds it gives what it saw last, whatever that is.
    """
    deadline = time.monotonic() + within
    before: Reconciliation | None = None
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
