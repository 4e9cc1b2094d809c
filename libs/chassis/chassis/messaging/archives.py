"""Archives of a service's events: a month to a file, in the feed's own form, taken out of the outbox when it is safe.

`<service>-<month>.jsonl.gz` holds a line for each event, as the feed gives it: `{"position": 7, "event": {…}}`. Events
of private kinds, which the feed does not give, are in `<service>-<month>.private.jsonl.gz` beside it.
`<service>-<month>.json`, the manifest, is written last: the positions, how many events, and each file's SHA-256.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.errors import CqoError
from chassis.messaging.envelope import ENCODER, Envelope, JsonObject
from chassis.messaging.outbox import months
from chassis.messaging.outbox.months import Month
from chassis.messaging.outbox.table import envelope, outbox

AT_ONCE = 5000  # events read or given together
PRIVATE = ".private.jsonl.gz"


class UnreadableArchive(CqoError):
    """An archive can't be used."""

    zh = "归档文件无法使用。"

    def __init__(self, archive: str, reason: str) -> None:
        super().__init__(f"the archive {archive} can't be used: {reason}")


@dataclass(frozen=True)
class Manifest:
    """What an archive holds. `files`: each file's SHA-256, by its name."""

    service: str
    name: str
    first_position: int
    last_position: int
    events: int
    files: dict[str, str]


def write(session: Session, service: str, month: Month, private: Collection[str], folder: Path) -> Manifest:
    """Writes a closed month to `folder`; what an interrupted run has left there is written anew.

    Raises UnreadableArchive where what was written is not what the month holds.
    """
    name = f"{service}-{month.name.removeprefix('outbox_').replace('_', '-')}"
    is_private = outbox.c.aggregate_type.in_(private)
    parts = {f"{name}.jsonl.gz": ~is_private, f"{name}{PRIVATE}": is_private}
    files, events = {}, 0
    for file, wanted in parts.items():
        query = select(outbox).where(month.events, wanted).order_by(outbox.c.feed_position)
        rows = session.execute(query.execution_options(yield_per=AT_ONCE))
        items = ({"position": row.feed_position, "event": envelope(row, service).to_dict()} for row in rows)
        number = _write_lines(folder / file, items)
        if number:
            files[file] = _sha256(folder / file)
        events += number
    manifest = Manifest(service, name, month.first_position, month.last_position, events, files)
    with _new_file(folder / f"{name}.json") as output:
        output.write((json.dumps(asdict(manifest), indent=2) + "\n").encode())
    return manifest


def take_out(session: Session, month: Month, manifest: Manifest, folder: Path) -> None:
    """Takes a month that was written out of the outbox; raises UnreadableArchive if it is not all there."""
    kept = session.scalar(select(func.count()).select_from(outbox).where(month.events))
    written = sum(len(page) for file in manifest.files for _, page in _pages(folder, manifest, file))
    if not kept == written == manifest.events:
        raise UnreadableArchive(archive=manifest.name, reason=f"{written} events in it, {kept} in the outbox")
    months.drop(session, month, archived_as=manifest.name)


def manifests(folder: Path, service: str) -> list[Manifest]:
    """The archives of a service in `folder`, the oldest first; raises UnreadableArchive."""
    found = []
    for path in sorted(folder.glob(f"{service}-*.json")):
        try:
            found.append(Manifest(**json.loads(path.read_text())))
        except (ValueError, TypeError) as fault:
            raise UnreadableArchive(archive=path.name, reason=str(fault)) from fault
    return sorted(found, key=lambda manifest: manifest.first_position)


def pages(folder: Path, service: str) -> Iterator[tuple[int, list[Envelope]]]:
    """The archived events of a service but the private ones, in the order of their positions.

    With each page comes the position after which to go on when it is the last. Raises UnreadableArchive.
    """
    for manifest in manifests(folder, service):
        for file in manifest.files:
            if not file.endswith(PRIVATE):
                yield from _pages(folder, manifest, file)
        yield manifest.last_position, []


def _pages(folder: Path, manifest: Manifest, file: str) -> Iterator[tuple[int, list[Envelope]]]:
    try:
        if _sha256(folder / file) != manifest.files[file]:
            raise UnreadableArchive(archive=file, reason="it is not what its manifest says (SHA-256)")
        with gzip.open(folder / file, "rt", encoding="utf-8") as lines:
            while some := list(itertools.islice(lines, AT_ONCE)):
                items = [json.loads(line) for line in some]
                yield items[-1]["position"], [Envelope.from_dict(item["event"]) for item in items]
    except (OSError, EOFError, ValueError, KeyError) as fault:  # MalformedEvent is a ValueError
        raise UnreadableArchive(archive=file, reason=str(fault)) from fault


def _write_lines(path: Path, items: Iterable[JsonObject]) -> int:
    """Writes a line for each; returns how many. Without any there is no file."""
    number = 0
    with _new_file(path) as output, gzip.GzipFile(fileobj=output, mode="wb", mtime=0) as packed:
        for item in items:
            packed.write(ENCODER.encode(item).encode() + b"\n")
            number += 1
    if not number:
        path.unlink()
    return number


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there under its name when all of it is on disk, and not before."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as output:
        os.fchmod(output.fileno(), 0o600)
        yield output
        output.flush()
        os.fsync(output.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
