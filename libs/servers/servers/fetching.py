"""Runs a program that fetches something, and tells meanwhile how much is there; imports the standard library only."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

LOOK_EVERY = 0.2  # seconds
# Called with the bytes that are there, and with how many there will be, where that is known.
Tell: TypeAlias = Callable[[int, int | None], None]


def nobody(there: int, total: int | None) -> None:
    """Tells nobody."""


def run_watched(
    command: Sequence[str],
    folders: Sequence[Path],
    total: int | None = None,
    tell: Tell = nobody,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs `command`, and calls `tell` five times a second with the size of what is in `folders` by then.

    What the command says is kept in the answer. It is killed where `tell` raises.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=environ)
        try:
            while started.poll() is None:
                tell(size_of(folders), total)
                time.sleep(LOOK_EVERY if folders else 0.02)
        finally:
            started.kill()
            started.wait()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(list(command), started.returncode, output.read(), errors.read())


def size_of(folders: Sequence[Path]) -> int:
    """The bytes of all files in `folders`; those that vanish meanwhile count as nothing."""
    return sum(_size(Path(where, name)) for folder in folders for where, _, names in os.walk(folder) for name in names)


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except FileNotFoundError:
        return 0
