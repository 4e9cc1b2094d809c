"""The facts this service announces; their fields become the event's `data` (see `contracts/`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class NoticeSent:
    """`notice_id` is the delivery's id: the same notice on another channel has another."""

    type: ClassVar[str] = "notice.sent.v1"
    notice_id: str
    kind: str
    channel: str
    recipient_kind: str
    recipient_id: str
    cause_id: str
    on: date


@dataclass(frozen=True)
class NoticeFailed(NoticeSent):
    type: ClassVar[str] = "notice.failed.v1"
    reason: str
