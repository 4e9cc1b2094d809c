"""Which deliverer works on which end point: one at a time, as long as its database session lives.

A deliverer holds a number by an advisory lock (DELIVERERS, its number). The database lets go of it when the process
dies, and others take over what it held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from notifications.usecases.holders import is_gone

DELIVERERS = 7_305_002
# Notified when an end point may have something to do; beside it the trigger on `subscription_event`.
WAKE_UP_CHANNEL = "cqo_webhooks"
EVENTS_CHANNEL = "cqo_subscription_events"


@dataclass(frozen=True)
class Claim:
    """An end point in the hands of a deliverer. The number is of this one time: what came before it counts no more."""

    subscription_id: str
    holder: int
    number: int


CLAIM = text(
    "UPDATE webhook_endpoint SET holder = :holder, claim = claim + 1 WHERE subscription_id IN ("
    "SELECT e.subscription_id FROM webhook_endpoint e JOIN subscription s ON s.id = e.subscription_id "
    "WHERE s.state = 'live' AND s.way = 'webhook' AND e.holder IS NULL "
    "AND (e.resume_at IS NULL OR e.resume_at <= :now) AND (s.next_sequence > e.position + 1 OR EXISTS ("
    "SELECT FROM webhook_waiting w WHERE w.subscription_id = s.id AND (e.is_open OR w.next_attempt_at <= :now))) "
    "LIMIT :room FOR UPDATE OF e SKIP LOCKED) RETURNING subscription_id, claim"
)
# Of end points that nobody holds: when the first pause ends, or the first event is to be tried again.
NEXT_DUE = text(
    "SELECT min(greatest(e.resume_at, CASE WHEN e.is_open OR s.next_sequence > e.position + 1 THEN :now ELSE ("
    "SELECT min(w.next_attempt_at) FROM webhook_waiting w WHERE w.subscription_id = s.id) END)) "
    "FROM webhook_endpoint e JOIN subscription s ON s.id = e.subscription_id "
    "WHERE s.state = 'live' AND s.way = 'webhook' AND e.holder IS NULL AND (s.next_sequence > e.position + 1 "
    "OR EXISTS (SELECT FROM webhook_waiting w WHERE w.subscription_id = s.id "
    "AND (e.is_open OR w.next_attempt_at IS NOT NULL)))"
)
RELEASE_ORPHANS = text(
    "WITH orphan AS (SELECT subscription_id, in_hand FROM webhook_endpoint e "
    f"WHERE holder IS NOT NULL AND {is_gone(DELIVERERS, 'e.holder')} FOR UPDATE SKIP LOCKED) "
    "UPDATE webhook_endpoint e SET holder = NULL, in_hand = 0, maybe_repeated = e.maybe_repeated + orphan.in_hand "
    "FROM orphan WHERE e.subscription_id = orphan.subscription_id RETURNING orphan.in_hand"
)
RELEASE = text(
    "UPDATE webhook_endpoint SET holder = NULL, in_hand = 0 WHERE subscription_id = :subscription "
    "AND holder = :holder AND claim = :claim"
)
FAILED_TOO_LONG = text(
    "SELECT e.subscription_id FROM webhook_endpoint e JOIN subscription s ON s.id = e.subscription_id "
    "WHERE s.state = 'live' AND s.way = 'webhook' AND e.failing_since <= :before"
)


def claim(session: Session, holder: int, room: int, now: datetime) -> Sequence[Claim]:
    """Up to `room` end points with something to get, from now on in the hands of `holder`."""
    rows = session.execute(CLAIM, {"holder": holder, "room": room, "now": now})
    return [Claim(row.subscription_id, holder, row.claim) for row in rows]


def next_due(session: Session, now: datetime) -> datetime | None:
    """When an end point that nobody holds is to be looked at again; None if no end point waits."""
    found: datetime | None = session.scalar(NEXT_DUE, {"now": now})
    return found


def release(session: Session, claim: Claim) -> None:
    """Lets go of an end point, whatever was settled; others are told."""
    session.execute(RELEASE, {"subscription": claim.subscription_id, "holder": claim.holder, "claim": claim.number})
    wake(session)


def release_orphans(session: Session) -> tuple[int, int]:
    """Takes from the deliverers that died what they held: how many end points, and how many events in doubt."""
    found = session.scalars(RELEASE_ORPHANS).all()
    if found:
        wake(session)
    return len(found), sum(found)


def failed_too_long(session: Session, before: datetime) -> Sequence[str]:
    """The live subscriptions whose end point has taken nothing since `before`."""
    return session.scalars(FAILED_TOO_LONG, {"before": before}).all()


def wake(session: Session) -> None:
    """Tells the deliverers, once this transaction is committed, that there may be something to do."""
    session.execute(text(f"SELECT pg_notify('{WAKE_UP_CHANNEL}', '')"))
