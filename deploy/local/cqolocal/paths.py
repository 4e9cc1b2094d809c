"""Where the project is, and where the local run keeps its files: in `.cqo/`."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from servers.paths import PROJECT, CannotRun, write_atomically

__all__ = ["FILES", "PRIVILEGES", "PROJECT", "TOPOLOGY", "lock_folder", "write_atomically"]

FILES = PROJECT / ".cqo"
TOPOLOGY = PROJECT / "deploy" / "rabbitmq" / "definitions.json"
PRIVILEGES = PROJECT / "deploy" / "privileges.toml"


def lock_folder(folder: Path) -> IO[str]:
    """Keeps every other run out of `folder` until the file returned is closed; CannotRun if one is in it already."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f"{folder.name}.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        lock.close()
        raise CannotRun(
            "another run is using {folder}; wait until it has ended, or stop it (./cqo down)", folder=folder
        ) from taken
    return lock
