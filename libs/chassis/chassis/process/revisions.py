"""The revisions that a service's migrations folder holds, read once in a process.

Read without alembic, which a service needs for nothing else, and which would load each migration to ask it.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

REVISION = re.compile(r'^revision = "([^"]+)"$', re.MULTILINE)
DOWN_REVISION = re.compile(r'^down_revision = "([^"]+)"$', re.MULTILINE)  # the first one has None


@dataclass(frozen=True)
class Revisions:
    """What a service's code knows of its database: the revision it was written for, and all up to that."""

    head: str
    known: frozenset[str]


def folder_of(service: str) -> Path:
    """The folder of the service's migrations, beside its package; LookupError if there is no such service."""
    found = importlib.util.find_spec(service)
    if found is None or found.origin is None:
        raise LookupError(f"there is no service {service!r} on the path")
    return Path(found.origin).parent.parent / "migrations"


@functools.cache
def revisions_of(service: str) -> Revisions:
    """The service's revisions; LookupError if it has none, or if they are not in one line."""
    texts = [path.read_text() for path in sorted((folder_of(service) / "versions").glob("*.py"))]
    known = {found for text in texts for found in REVISION.findall(text)}
    heads = known - {found for text in texts for found in DOWN_REVISION.findall(text)}
    if len(heads) != 1:
        raise LookupError(f"{service} has no migrations in one line; their ends are {', '.join(sorted(heads)) or '–'}")
    return Revisions(heads.pop(), frozenset(known))
