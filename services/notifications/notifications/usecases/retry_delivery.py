"""Somebody has mended what a delivery failed for, and asks for another try."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.security import audit
from notifications.domain.notice import Delivery
from notifications.storage import StoredDelivery, delivery, notice
from notifications.usecases import digests
from programme import scope
from programme.callers import Caller


def retry_delivery(session: Session, caller: Caller, delivery_id: str, clock: Clock) -> Delivery:
    """Tries a failed delivery again; AlreadyDelivered if it has not failed."""
    found = session.scalars(
        select(StoredDelivery)
        .join(notice, notice.c.id == delivery.c.notice_id)
        .where(delivery.c.id == delivery_id, scope.within(notice.c.division, caller, clock.today()))
        .with_for_update(of=delivery)
    ).one_or_none()
    if found is None:
        raise NotFound()
    found.retry()
    # The machine's clock, as the senders go by it: the programme's may be moved by months in a demo.
    found.next_attempt_at = datetime.now(UTC)
    digests.wait_with(session, found)
    audit.record(session, caller, "delivery.retried", found.id, {"channel": found.channel}, clock)
    return found
