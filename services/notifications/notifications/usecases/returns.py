"""What is heard of messages after they were accepted: letters that come back, and receipts of a gateway.

Both name the message by its identity. A delivery so becomes `bounced`, or counts as delivered; hearing it twice changes
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import clock_of
from chassis.logging import mask
from chassis.messaging import outbox
from chassis.security import audit
from chassis.settings import Settings
from notifications.adapters.mail import bounces
from notifications.adapters.mail.connection import MAX_ANSWER, is_bad_address
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.config import Settings as OwnSettings
from notifications.domain.notice import Delivery, State
from notifications.storage import delivery, notice
from notifications.usecases import bad_addresses
from notifications.usecases.delivery_rows import as_delivery, store
from programme import scope
from programme.callers import Caller

log = logging.getLogger(__name__)

AT_ONCE = 20  # reports read in one step


class ReceiptStatus(StrEnum):
    """What a gateway says of a message that it had accepted."""

    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Receipt:
    """`id` is the message's identity; `address_is_bad`: it failed since nobody has that number."""

    id: str
    status: ReceiptStatus = field(metadata={"by_value": True})
    reason: str | None = None
    address_is_bad: bool = False


@dataclass(frozen=True)
class Receipts:
    """Some receipts, sent in together."""

    receipts: Sequence[Receipt]


@dataclass(frozen=True)
class Entered:
    """How many receipts named a message that is known here, and the identities of those that did not."""

    known: int
    unknown_ids: Sequence[str]


def enter_receipts(
    session: Session, caller: Caller, given: Receipts, personal_data: PersonalDataCipher, clock: Clock
) -> Entered:
    """Enters what a gateway says of messages to those whom the caller may see."""
    unknown = []
    # In one order, so that two lists sent at once wait for each other and do not lock each other out.
    for receipt in sorted(given.receipts, key=lambda each: each.id):
        found = _in_message(session, receipt.id, caller, clock)
        if not found:
            unknown.append(receipt.id)
        elif receipt.status is ReceiptStatus.DELIVERED:
            _arrived(session, found, clock)
        else:
            reason = mask(receipt.reason or "failed, by the gateway's receipt")[:MAX_ANSWER]
            _bounced(session, found, reason, receipt.address_is_bad, personal_data, clock)
    known = len(given.receipts) - len(unknown)
    audit.record(session, caller, "delivery.receipts_entered", "deliveries", {"known": known}, clock)
    return Entered(known, unknown)


def read_bounces(session: Session, now: datetime, settings: Settings) -> int:
    """A job of the upkeep: enters some letters that came back; returns how many were looked at."""
    assert isinstance(settings, OwnSettings)
    if settings.bounces is None:
        return 0
    with bounces.opened(settings.bounces) as folder:
        reports = folder.unseen(AT_ONCE)
        if not reports:
            return 0
        personal_data, clock = PersonalDataCipher.from_settings(settings), clock_of(settings)
        known = {key: _enter_report(session, message, personal_data, clock) for key, message in reports}
        # Before anything is taken away: entering one again changes nothing, losing one would.
        session.commit()
        for key, is_known in known.items():
            (folder.remove if is_known else folder.mark_seen)(key)
    return len(reports)


def _enter_report(session: Session, message: Message, personal_data: PersonalDataCipher, clock: Clock) -> bool:
    """Whether the report is of a letter that is known here; else it is left to a person."""
    bounce = bounces.read_bounce(message)
    found = _in_message(session, bounce.identity, None, clock) if bounce is not None else []
    if bounce is None or not found:
        log.warning("a letter came in that is no report of one of ours; it stays in the folder, marked as seen")
        return False
    reason = mask(bounce.reason)[:MAX_ANSWER]
    _bounced(session, found, reason, is_bad_address(bounce.status), personal_data, clock)
    return True


def _in_message(session: Session, identity: str, caller: Caller | None, clock: Clock) -> list[Delivery]:
    """The deliveries that were handed over in a message: one, or those of a digest."""
    # What 0.1.0 had sent is known by the delivery's id.
    is_in = or_(delivery.c.message_id == identity, and_(delivery.c.id == identity, delivery.c.message_id.is_(None)))
    wanted = select(delivery, notice).select_from(delivery.join(notice)).where(is_in)
    if caller is not None:
        wanted = wanted.where(scope.within(notice.c.division, caller, clock.today()))
    return [as_delivery(row) for row in session.execute(wanted.order_by(delivery.c.id).with_for_update(of=delivery))]


def _arrived(session: Session, found: Sequence[Delivery], clock: Clock) -> None:
    events = [(each, each.arrive(datetime.now(UTC), clock.today())) for each in found]
    outbox.add_all(session, [(each, event) for each, event in events if event is not None], clock)
    store(session, found)


def _bounced(
    session: Session,
    found: Sequence[Delivery],
    reason: str,
    address_is_bad: bool,
    personal_data: PersonalDataCipher,
    clock: Clock,
) -> None:
    # One that is in a sender's hands just now is being sent anew: what is heard is of the time before.
    settled = [each for each in found if each.state != State.SENDING]
    events = [(each, each.bounce(reason, clock.today())) for each in settled]
    outbox.add_all(session, [(each, event) for each, event in events if event is not None], clock)
    store(session, settled)
    if address_is_bad and settled:
        bad_addresses.flag(session, settled[0], reason, personal_data, clock)
