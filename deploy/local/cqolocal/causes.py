"""Why something could not be done, in one line that names the remedy; imports the standard library only."""

from __future__ import annotations

import errno
from shutil import disk_usage

from cqolocal.language import tr
from servers.paths import LEAST_SPACE, CannotRun, fullest_folder

FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
# How the programs that fetch packages say that nobody answers. Each has its own words.
UNREACHABLE = (
    "dns error",
    "error sending request",
    "failed to establish a new connection",
    "name resolution",
    "name or service not known",
    "network is unreachable",
    "could not resolve",
    "timed out",
    "connection refused",
    "no matching distribution found",
    "error trying to connect",
)


def cause_of(fault: CannotRun | OSError) -> str:
    """The cause and the remedy, in the language of the locale."""
    if isinstance(fault, CannotRun):
        values = {name: tr(value) if isinstance(value, str) else value for name, value in fault.values.items()}
        return tr(fault.sentence, **values)
    if fault.errno in FULL:
        return disk_full(str(fault.filename or fullest_folder()))
    if fault.errno in CLOSED:
        return tr(
            "{path} can't be written ({reason}); run ./cqo as its owner, or copy the project to a folder of yours",
            path=fault.filename,
            reason=fault.strerror,
        )
    return str(fault)


def disk_full(folder: str) -> str:
    """That there is no room left."""
    return tr("the disk that holds {folder} is full; make room, 2 GB are needed the first time", folder=folder)


def is_disk_full(said: str) -> bool:
    """Whether a program that failed had no room, by what it said or by what is free."""
    words = said.lower()
    is_said = any(each in words for each in ("no space left", "os error 28", "disk quota"))
    return is_said or disk_usage(fullest_folder()).free < LEAST_SPACE


def cause_of_failed_fetching(said: str) -> str:
    """Why packages could not be fetched, by what the program said that was to fetch them."""
    words = said.lower()
    if is_disk_full(said):
        return disk_full(str(fullest_folder()))
    if "read-only file system" in words or "permission denied" in words:
        return tr("a folder can't be written: {said}", said=last_line(said))
    if any(each in words for each in UNREACHABLE):
        return tr(
            "the package index does not answer; check the network, or name one: PIP_INDEX_URL ({said})",
            said=last_line(said),
        )
    return last_line(said)


def last_line(said: str) -> str:
    """The last line with something in it, for a message of one line."""
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    return lines[-1][-300:] if lines else tr("it has said nothing")
