"""Where the servers keep their files, and how these are written and locked.

In `.cqo/` of the project, and nowhere else, except that root shares a folder with `nobody`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
CACHE = PROJECT / ".cqo" / "cache"
SHARED = Path("/var/tmp")  # where root shares a folder with `nobody`
LEAST_SPACE = 50 * 2**20  # bytes; with less, what fails has failed for want of it


class CannotRun(Exception):
    """The machine lacks something; the message is one line that names the remedy.

    It is kept as a sentence with places for `values`, so that it can be said in another language.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence, self.values = sentence, values


def fingerprint(path: Path) -> str:
    """Ten characters that differ from folder to folder, so that two copies of the project never share a name."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]


def shared_with_nobody() -> Path:
    """A folder of root's that `nobody` may enter: PostgreSQL refuses to run as root, and /root is closed to all others.

    Raises CannotRun where somebody else's folder has that name.
    """
    folder = SHARED / f"cqo-{fingerprint(PROJECT)}"
    folder.mkdir(mode=0o711, exist_ok=True)
    found = folder.lstat()
    # Anyone may make files in /var/tmp: a folder that somebody else put there first is not ours to trust.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise CannotRun("{folder} belongs to somebody else; remove it: rm -rf {folder}", folder=folder)
    folder.chmod(0o711)
    return folder


def fullest_folder() -> Path:
    """Of the folders that a run writes to, the one on the disk with the least room."""
    folders = [next(each for each in (CACHE, *CACHE.parents) if each.exists()), Path(tempfile.gettempdir())]
    if os.getuid() == 0:
        folders.append(SHARED)
    return min(folders, key=lambda folder: shutil.disk_usage(folder).free)


def require_space(least: int = LEAST_SPACE) -> None:
    """CannotRun if fewer than `least` bytes are free on a disk that a run writes to."""
    folder = fullest_folder()
    if shutil.disk_usage(folder).free < least:
        raise CannotRun(
            "the disk that holds {folder} is full; make room, 2 GB are needed the first time", folder=folder
        )


def is_open_to_everyone(path: Path) -> bool:
    """Whether any user may enter `path`, through all the folders above it."""
    path = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Holds the lock file `lock` inside the block; of several callers at once, one goes on and the others wait."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_atomically(path: Path, content: str, mode: int = 0o600) -> None:
    """Writes `content` so that a reader sees the old or the new text, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(content)
    new.replace(path)
