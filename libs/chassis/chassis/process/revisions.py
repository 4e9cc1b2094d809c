"""The revisions in a service's migrations folder, read without alembic, which takes long to load."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

REVISION = re.compile(r"^revision\s*(?::[^=]+)?=\s*[\"']([^\"']+)", re.MULTILINE)
PREDECESSOR = re.compile(r"^down_revision\s*(?::[^=]+)?=\s*[\"']([^\"']+)", re.MULTILINE)


def folder_of(service: str) -> Path:
    """The folder of the service's migrations, which lies beside its package."""
    found = importlib.util.find_spec(service)
    if found is None or found.origin is None:
        raise LookupError(f"there is no service {service!r} on the path")
    return Path(found.origin).parent.parent / "migrations"


def known(service: str) -> tuple[str, set[str]]:
    """The head, and all revisions that the service's code knows."""
    revisions: set[str] = set()
    predecessors: set[str] = set()
    for path in (folder_of(service) / "versions").glob("*.py"):
        content = path.read_text(encoding="utf-8")
        revisions.update(REVISION.findall(content))
        predecessors.update(PREDECESSOR.findall(content))
    (head,) = revisions - predecessors
    return head, revisions
