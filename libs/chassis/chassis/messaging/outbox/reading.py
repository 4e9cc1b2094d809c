"""A service reads its own feed, in its own database."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope
from chassis.messaging.outbox.months import end_of_feed, published_between
from chassis.messaging.outbox.table import envelope, outbox

LONGEST_LOOK = 20_000  # positions that are gone through at once


def published(
    session: Session, service: str, after: int, kinds: Collection[str], limit: int
) -> tuple[list[Envelope], int]:
    """Up to `limit` published events of some kinds of aggregate after a position, and the position to go on after."""
    last = min(end_of_feed(session), after + LONGEST_LOOK)
    if last <= after:
        return [], after
    wanted = (
        select(outbox)
        .where(
            published_between(session, after, last),
            outbox.c.feed_position > after,
            outbox.c.feed_position <= last,
            outbox.c.aggregate_type.in_(kinds),
        )
        .order_by(outbox.c.feed_position)
        .limit(limit)
    )
    rows = session.execute(wanted).all()
    following = rows[-1].feed_position if len(rows) == limit else last
    return [envelope(row, service) for row in rows], following
