"""Where the local run keeps its files: in `.cqo/` of the project, and nowhere else unless root must share with `nobody`."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).resolve().parents[3]
DOT = PROJECT / ".cqo"
CACHE = DOT / "cache"
TOPOLOGY = PROJECT / "deploy" / "rabbitmq" / "definitions.json"


class CannotRun(Exception):
    """The machine lacks something; the message is one line with the command that mends it."""


def fingerprint(path: Path) -> str:
    """Ten characters that tell one folder from another, so that two copies of the project never collide."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]


def shared_with_nobody() -> Path:
    """Root's folder that `nobody` may enter: PostgreSQL refuses to run as root and /root is closed to everyone else."""
    folder = Path("/var/tmp") / f"cqo-{fingerprint(PROJECT)}"
    folder.mkdir(mode=0o711, exist_ok=True)
    found = folder.lstat()
    # Anyone may make files in /var/tmp: a folder that somebody else put there first is not ours to trust.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise CannotRun(f"{folder} belongs to somebody else; remove it: rm -rf {folder}")
    folder.chmod(0o711)
    return folder


def open_to_everyone(path: Path) -> bool:
    """Whether any user may enter `path`, through all the folders above it."""
    path = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


@contextmanager
def exclusively(lock: Path) -> Iterator[None]:
    """Holds the lock file `lock`, so that of several callers at once one prepares and the others wait for it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def claim(folder: Path) -> IO[str]:
    """Keeps every other run out of `folder` until the file returned is closed; CannotRun if one is in it already."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    claimed = folder.with_name(f"{folder.name}.lock").open("a")
    try:
        fcntl.flock(claimed, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        claimed.close()
        raise CannotRun(f"another run is using {folder}; wait until it has ended, or stop it (./cqo down)") from taken
    return claimed


def write_atomically(path: Path, content: str, mode: int = 0o600) -> None:
    """Writes `content` so that a reader sees the old or the new text, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(content)
    new.replace(path)
