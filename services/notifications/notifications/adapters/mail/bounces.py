"""Letters that come back: delivery status notifications (RFC 3464), read from where the mail system puts them.

That is a Maildir folder or an mbox file. What was understood and entered is removed from it; anything else that comes,
as somebody's answer, is marked as seen and stays for a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import mailbox

LARGEST = 2 * 1024 * 1024  # bytes of a report that is read


@dataclass(frozen=True)
class Bounce:
    """A letter did not reach its recipient: its Message-ID, the enhanced status (5.1.1), and the reason given."""

    message_id: str
    status: str
    reason: str

    @property
    def identity(self) -> str:
        """What the letter's Message-ID holds of its deliveries."""
        return self.message_id.strip().strip("<>").partition("@")[0]


def read_bounce(message: Message) -> Bounce | None:
    """What a report says that failed for good; None if it is no report, or of a delay or a success."""
    if message.get_content_type() != "multipart/report":
        return None
    parts = {part.get_content_type(): part for part in message.walk()}
    message_id = _message_id(parts)
    if message_id is None:
        return None
    for group in _groups(parts):
        if str(group.get("Action", "")).strip().lower() == "failed":
            status = next(iter(str(group.get("Status", "")).split()), "5.0.0")
            said = str(group.get("Diagnostic-Code", "")).partition(";")[2].split()
            return Bounce(message_id, status, " ".join([status, *said]))
    return None


def _message_id(parts: dict[str, Message]) -> str | None:
    """Of the letter that the report is about: in what is returned of it, or in a field of the report."""
    returned: Message | None = None
    if "message/rfc822" in parts:
        inner = parts["message/rfc822"].get_payload()
        returned = (
            next((each for each in inner if isinstance(each, Message)), None) if isinstance(inner, list) else None
        )
    elif "text/rfc822-headers" in parts:
        content = parts["text/rfc822-headers"].get_payload(decode=True)
        returned = message_from_string(content.decode("utf-8", "replace")) if isinstance(content, bytes) else None
    if returned is not None and returned["Message-ID"]:
        return str(returned["Message-ID"])
    return next((str(group["Original-Message-ID"]) for group in _groups(parts) if group["Original-Message-ID"]), None)


def _groups(parts: dict[str, Message]) -> list[Message]:
    """The fields of the report as a whole, and those of each recipient."""
    found = parts["message/delivery-status"].get_payload() if "message/delivery-status" in parts else None
    return [group for group in found if isinstance(group, Message)] if isinstance(found, list) else []


class Folder(Protocol):
    """Where reports come in. What was done with them is done when the transaction has been committed."""

    def unseen(self, most: int) -> list[tuple[str, Message]]:
        """Some of those that nobody has looked at, each by its key."""

    def remove(self, key: str) -> None:
        """One was entered."""

    def mark_seen(self, key: str) -> None:
        """One is not for us."""


class MaildirFolder:
    """A Maildir: what is new lies in `new`, what has been seen in `cur`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def unseen(self, most: int) -> list[tuple[str, Message]]:
        names = sorted(each.name for each in (self.path / "new").iterdir())[:most]
        return [(name, _read((self.path / "new" / name).read_bytes())) for name in names]

    def remove(self, key: str) -> None:
        (self.path / "new" / key).unlink(missing_ok=True)

    def mark_seen(self, key: str) -> None:
        (self.path / "cur").mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # another worker has looked at it, too
            (self.path / "new" / key).rename(self.path / "cur" / f"{key}:2,S")


class MboxFolder:
    """An mbox file, locked while it is open."""

    def __init__(self, box: mailbox.mbox) -> None:
        self.box: Any = box  # Any: its keys are numbers, which typeshed calls texts

    def unseen(self, most: int) -> list[tuple[str, Message]]:
        found = [(key, message) for key, message in self.box.iteritems() if "R" not in message.get_flags()]
        return [(str(key), _read(message.as_bytes())) for key, message in found[:most]]

    def remove(self, key: str) -> None:
        self.box.remove(int(key))

    def mark_seen(self, key: str) -> None:
        message = self.box[int(key)]
        message.set_flags("RO")
        self.box[int(key)] = message


@contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """The folder or the file at `path`; OSError where there is none."""
    if path.is_dir():
        yield MaildirFolder(path)
        return
    import mailbox  # here, as most installations have a Maildir folder or none

    box = mailbox.mbox(path, create=False)
    box.lock()
    try:
        yield MboxFolder(box)
    finally:
        box.close()  # writes what was changed, and unlocks


def _read(content: bytes) -> Message:
    return message_from_bytes(content[:LARGEST])
