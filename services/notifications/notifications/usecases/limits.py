"""Limits on what may be sent in a day or a minute, counted in the database, so that they hold over all workers.

A limit's row counts what was used in its present period. It is raised in the transaction that takes a letter, before
the letter is handed over; what was refused is given back, and what ended in doubt counts as used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from chassis.settings import Settings
from notifications.domain.notice import Delivery, State
from notifications.storage import delivery, limit_usage, notice
from notifications.usecases.delivery_rows import in_state


@dataclass(frozen=True)
class Limit:
    """`amount` is to be used of `most` in the period from `since` to `until`; `name` says of what, `key` whose.

    It is the channel's as a whole, or one for each recipient.
    """

    name: str
    key: str
    since: datetime
    until: datetime
    amount: int
    most: int
    of_recipient: bool = False


# The row is locked until the transaction ends: who comes second waits, and counts on what the first has used.
RESERVE = text(
    "INSERT INTO limit_usage AS u (key, since, used) VALUES (:key, :since, :amount) ON CONFLICT (key) DO UPDATE SET "
    "used = CASE WHEN u.since < excluded.since THEN excluded.used ELSE u.used + excluded.used END, "
    "since = greatest(u.since, excluded.since) "
    "WHERE u.since < excluded.since OR u.used + excluded.used <= :most RETURNING used"
)
GIVE_BACK = text("UPDATE limit_usage SET used = used - :amount WHERE key = :key AND since = :since")


def reserve(session: Session, limits: Sequence[Limit]) -> Limit | None:
    """Counts on all of them, or on none: then returns the one that has no room."""
    for number, limit in enumerate(limits):
        values = {"key": limit.key, "since": limit.since, "amount": limit.amount, "most": limit.most}
        if limit.amount > limit.most or session.scalar(RESERVE, values) is None:
            give_back(session, limits[:number])
            return limit
    return None


def give_back(session: Session, limits: Sequence[Limit]) -> None:
    """What was reserved was not used."""
    for limit in limits:
        session.execute(GIVE_BACK, {"key": limit.key, "since": limit.since, "amount": limit.amount})


def put_off(session: Session, found: Delivery, full: Limit) -> None:
    """All letters that the limit has no room for wait until its next period begins, and say so."""
    of = found.notice
    waiting = (
        select(delivery.c.id)
        .join(notice, notice.c.id == delivery.c.notice_id)
        .where(in_state(State.PENDING), delivery.c.next_attempt_at <= func.statement_timestamp())
        .where(delivery.c.channel == found.channel)
        .with_for_update(of=delivery, skip_locked=True)
    )
    if full.of_recipient:
        same = (notice.c.recipient_kind == of.recipient_kind, notice.c.recipient_id == of.recipient_id)
        waiting = waiting.where(*same)
    values = {"next_attempt_at": full.until, "waits_for": full.name}
    session.execute(update(delivery).where(delivery.c.id.in_(waiting)).values(values))


def forget_usage(session: Session, now: datetime, settings: Settings) -> int:
    """A job of the upkeep: removes what was counted in periods long past; returns how many."""
    old = delete(limit_usage).where(limit_usage.c.since < func.now() - timedelta(days=3)).returning(limit_usage.c.key)
    return len(session.scalars(old).all())
