"""The facts this service announces; their fields become the event's `data` (see `contracts/`).

The first two are about a delivery: a notice on one of its channels. The same notice on another channel is another
delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

PASSING = {"notice": "notice_days"}  # kinds of aggregate that are kept for a time, and the setting that says how long


@dataclass(frozen=True)
class NoticeSent:
    type: ClassVar[str] = "notice.sent.v1"
    delivery_id: str
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


@dataclass(frozen=True)
class AuditSealed:
    """The chain of this service's audit log has come to the entry `seal`: a signed checkpoint of it."""

    type: ClassVar[str] = "notifications_audit.sealed.v1"
    seal: int
    hash: str
    signed: str
