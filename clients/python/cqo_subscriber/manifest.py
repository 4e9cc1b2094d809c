"""Compares what was applied with a daily manifest: count and hash of each type."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from cqo_subscriber.store import Store


class Difference(NamedTuple):
    """A type of event of which the two sides have not the same."""

    type: str
    theirs: int  # how many the publisher gave
    ours: int  # how many were applied


def reconcile(store: Store, manifest: Mapping[str, Any]) -> list[Difference]:  # Any: JSON's values
    """The types that differ from the manifest, none if all agrees. The ids must not have been forgotten yet.

    The hash of a type is SHA-256 over the ids of its events, in the order of their sequence, each with a line feed.
    """
    first, last = manifest["first_sequence"], manifest["last_sequence"]
    ids: dict[str, list[str]] = {}
    for _, identity, kind in store.received(first, last) if first is not None else ():
        ids.setdefault(kind, []).append(identity)
    theirs = manifest["types"]
    found = []
    for kind in sorted(ids.keys() | theirs.keys()):
        ours, given = ids.get(kind, []), theirs.get(kind, {"count": 0, "sha256": digest([])})
        if (len(ours), digest(ours)) != (given["count"], given["sha256"]):
            found.append(Difference(kind, given["count"], len(ours)))
    return found


def digest(ids: list[str]) -> str:
    """The hash of these ids, in hexadecimal digits."""
    return hashlib.sha256("".join(f"{identity}\n" for identity in ids).encode()).hexdigest()
