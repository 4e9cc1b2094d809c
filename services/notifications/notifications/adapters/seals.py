"""What a notice said when this service wrote it, and what came of a delivery, each sealed with a key of the service.

Whoever can write the tables but has not the key can alter a row, and can't make its seal fit again. The key is never
sent to the database. Two seals, since they are made at different times: a notice's is over its identity, its recipient
and its text; a delivery's over its notice, its channel and, once it was sent, when and by which answer.

    1.<id of the key>.<HMAC-SHA256, the first 16 bytes in hex>
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

FORMAT = "1"
KEY_BYTES = 32
OF_NOTICE = (
    "id",
    "cause_id",
    "kind",
    "about",
    "due_on",
    "recipient_kind",
    "recipient_id",
    "division",
    "subject",
    "body",
    "language",
    "short",
    "digest",
    "created_at",
)
OF_DELIVERY = ("id", "notice_id", "channel", "subject", "body", "short", "digest")
OF_SENT_DELIVERY = ("sent_at", "answer")
SENT = "sent"
# Made once: `json.dumps` would make one for each seal, and six are made or looked at for a letter.
ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


class Seals:
    """Makes seals with the first of its keys, and knows those that any of them has made."""

    def __init__(self, keys_b64: str) -> None:
        """`keys_b64`: one key of 32 bytes, or several with commas between, the present one first."""
        keys = [_key(part) for part in keys_b64.split(",")]
        self.keys = {_key_id(key): key for key in keys}
        self.present = _key_id(keys[0])

    def of_notice(self, row: Mapping[str, object]) -> str:
        """The seal of a notice; `row` has its columns by their names."""
        return self._made(self.present, _notice(row))

    def of_delivery(self, row: Mapping[str, object]) -> str:
        """The seal of a delivery as it stands now."""
        return self._made(self.present, _delivery(row))

    def fits_notice(self, row: Mapping[str, object]) -> bool:
        """Whether the notice is as it was when it was sealed; `seal` is among its columns."""
        return self._fits(row["seal"], _notice(row))

    def fits_delivery(self, row: Mapping[str, object]) -> bool:
        """Whether the delivery is; its `state` tells whether it must have been sealed as sent."""
        return self._fits(row["seal"], _delivery(row))

    def _made(self, key_id: str, sealed: Sequence[object]) -> str:
        content = ENCODER.encode([_plain(value) for value in sealed])
        made = hmac.digest(self.keys[key_id], content.encode(), "sha256")[:16].hex()
        return f"{FORMAT}.{key_id}.{made}"

    def _fits(self, seal: object, sealed: Sequence[object]) -> bool:
        key_id = str(seal).split(".")[1] if str(seal).count(".") == 2 else ""
        return key_id in self.keys and hmac.compare_digest(str(seal), self._made(key_id, sealed))


def _notice(row: Mapping[str, object]) -> list[object]:
    return ["notice", *(row[name] for name in OF_NOTICE)]


def _delivery(row: Mapping[str, object]) -> list[object]:
    """What is sealed of a delivery: until it is sent it is tried and put off, and nothing of that is proof."""
    sent = row["state"] == SENT
    return ["delivery", *(row[name] for name in OF_DELIVERY), *(row[name] for name in OF_SENT_DELIVERY if sent)]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error as fault:
        raise ValueError("a key must be given in base64") from fault
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key must have {KEY_BYTES} bytes, not {len(key)}")
    return key


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"cqo notice key id" + key).hexdigest()[:8]


class _InUse:
    """The seals of this process, which are made when it starts; a process that writes notices without any fails."""

    seals: Seals | None = None


def use(seals: Seals) -> None:
    """From now on notices are sealed with these."""
    _InUse.seals = seals


def in_use() -> Seals:
    """The seals of this process."""
    if _InUse.seals is None:
        raise RuntimeError("notices can't be sealed: no key was given to this process")
    return _InUse.seals
