"""A notice gets a delivery on a channel: shown in its recipient's inbox at once, or a letter to be sent."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from notifications.domain.notice import Channel
from notifications.storage import StoredDelivery, StoredNotice


def deliver(
    session: Session,
    notice: StoredNotice,
    channel: Channel,
    clock: Clock,
) -> None:
    """Writes the delivery, unless the channel can't reach such a recipient."""
    if not channel.reaches(notice.recipient_kind):
        return
    delivery = StoredDelivery(new_id(), notice, channel)
    session.add(delivery)
    if channel is Channel.IN_APP:
        outbox.add(session, delivery, delivery.show(clock.now(), clock.today()), clock)
    else:
        # The machine's clock: the programme's may be moved by months in a demo.
        delivery.next_attempt_at = datetime.now(UTC)
