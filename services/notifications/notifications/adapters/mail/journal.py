"""What the mail server really took: its journal, a folder with a file for each message.

In production that is a Maildir to which the mail server copies each message (Postfix: `always_bcc`); locally it is the
folder of the mailbox. A message is read once; after that a look at its file tells whether it still is what was read.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

LARGEST = 10_000_000  # bytes of a message that is read
SETTLED = 60.0  # seconds after which no message comes any more whose name stands before that of this one


@dataclass(frozen=True)
class Taken:
    """A message in the journal: its file's name, and a stamp that changes whenever the file does.

    `message_id` and `digest` are None where the file holds no message that could be ours.
    """

    name: str
    stamp: str
    message_id: str | None
    digest: str | None


def digest_of(subject: str, body: str) -> str:
    """The same for a notice and for the message in which it was handed over."""
    return hashlib.sha256(f"{' '.join(subject.split())}\n\n{body}".encode()).hexdigest()


class Journal:
    """A folder of messages: a Maildir, or a plain one with files that end in .eml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def after(self, position: str, at_most: int) -> list[str]:
        """The names of the first messages behind `position`, in their order, which is roughly that of their arrival."""
        names = heapq.nsmallest(at_most, (name for name in self._names() if name > position))
        return list(itertools.takewhile(self._is_settled, names))

    def _is_settled(self, name: str) -> bool:
        try:
            return time.time() - os.stat(self._path(name)).st_mtime >= SETTLED
        except FileNotFoundError:
            return True  # it is gone, which reading it will tell

    def read(self, name: str) -> Taken | None:
        """What is in the message of that name; None if it is there no more."""
        path = self._path(name)
        try:
            with path.open("rb") as file:
                stamp = _stamp(os.fstat(file.fileno()))
                content = file.read(LARGEST)
        except FileNotFoundError:
            return None
        return Taken(name, stamp, *_read(content))

    def changed(self, known: dict[str, str]) -> Iterator[tuple[str, Taken | None]]:
        """Those of `known`, stamps by names, whose files are not what they were; None where one is gone."""
        for name, stamp in known.items():
            try:
                present = _stamp(os.stat(self._path(name)))
            except FileNotFoundError:
                yield name, None
            else:
                if present != stamp:
                    yield name, self.read(name)

    def _names(self) -> Iterator[str]:
        for folder in self._folders():
            with os.scandir(folder) as found:
                for entry in found:
                    if not entry.name.startswith(".") and self._is_message(entry.name):
                        # A reader of a Maildir adds flags behind a colon; the message is the same.
                        yield entry.name.partition(":")[0]

    def _folders(self) -> Collection[Path]:
        return (self.folder / "new", self.folder / "cur") if self._is_maildir else (self.folder,)

    @property
    def _is_maildir(self) -> bool:
        return (self.folder / "cur").is_dir()

    def _is_message(self, name: str) -> bool:
        return self._is_maildir or name.endswith(".eml")

    def _path(self, name: str) -> Path:
        if not self._is_maildir:
            return self.folder / name
        unseen = self.folder / "new" / name
        if unseen.exists():
            return unseen
        return next((self.folder / "cur").glob(f"{name}:*"), self.folder / "cur" / name)


def _stamp(found: os.stat_result) -> str:
    """The time of the last change of the file's node can't be put back, whatever is done to its content and times."""
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}"


def _read(content: bytes) -> tuple[str | None, str | None]:
    try:
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        message_id = message["Message-ID"]
        text = message.get_body(("plain",))
        if message_id is None or text is None:
            return None, None
        return str(message_id).strip(), digest_of(str(message["Subject"] or ""), text.get_content())
    except (MessageError, LookupError, ValueError):
        return None, None
