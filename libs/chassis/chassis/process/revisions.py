"""The revisions that a service's migrations folder holds, read by alembic once in a process."""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory


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


def configuration(service: str) -> Config:
    """Alembic's configuration for the service."""
    config = Config()
    # Alembic takes % for the start of a variable.
    config.set_main_option("script_location", str(folder_of(service)).replace("%", "%%"))
    return config


@functools.cache
def revisions_of(service: str) -> Revisions:
    """The service's revisions; LookupError if it has none."""
    scripts = ScriptDirectory.from_config(configuration(service))
    head = scripts.get_current_head()
    if head is None:
        raise LookupError(f"{service} has no migrations")
    return Revisions(head, frozenset(script.revision for script in scripts.walk_revisions()))
