"""What a subscription was given on a day, in numbers that the other side can check by itself.

A manifest covers the sequences after the manifest before, so each event is in one. Of each type it has the count and
the SHA-256 of the events' ids in the order of their sequences, each followed by a line feed (U+000A), in hexadecimal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chassis import settings as chassis
from chassis.clock import SHANGHAI, Clock, day_of
from chassis.data import insert_rows
from chassis.errors import NotFound
from notifications.domain.subscription import Subscription
from notifications.queries.subscriptions import sequence_at
from notifications.storage import subscription, subscription_manifest

DAY = timedelta(days=1)
LOOK_EVERY = timedelta(minutes=10)  # between two looks for a day that is over
_made = subscription_manifest.c
SUMMED = text("""
    SELECT type, count(*) AS number, min(sequence) AS first,
        encode(sha256(convert_to(string_agg(event_id || chr(10), '' ORDER BY sequence), 'UTF8')), 'hex') AS hash
    FROM subscription_event
    WHERE subscription_id = :subscription_id AND sequence > :after AND sequence <= :last
    GROUP BY type ORDER BY type
""")
MADE = (
    select(subscription.c.id, subscription.c.kept_since, subscription.c.ended_at, func.max(_made.day).label("last"))
    .outerjoin(subscription_manifest, _made.subscription_id == subscription.c.id)
    .where(subscription.c.kept_since.is_not(None))
    .group_by(subscription.c.id)
    .order_by(subscription.c.id)
)


@dataclass(frozen=True)
class OfType:
    """How many events of a type there are, and the hash of their ids."""

    count: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What was given on a day; `last_sequence` is that of the day before where there was nothing."""

    day: date
    number: int
    first_sequence: int | None
    last_sequence: int
    types: dict[str, OfType]
    made_at: datetime
    is_final: bool  # False of a day that is not over


def manifest(session: Session, found: Subscription, day: date, clock: Clock) -> Manifest:
    """The manifest of a day; of one that is not over, or only just, as of now. NotFound where there is none."""
    row = session.execute(select(subscription_manifest).where(_made.subscription_id == found.id, _made.day == day))
    if made := row.one_or_none():
        types = {kind: OfType(**each) for kind, each in made.types.items()}
        return Manifest(day, made.number, made.first_sequence, made.last_sequence, types, made.made_at, is_final=True)
    if found.kept_since is None or not day_of(found.kept_since) <= day <= clock.today():
        raise NotFound()
    return compute(session, found, day, clock.now())


def compute(session: Session, found: Subscription, day: date, now: datetime) -> Manifest:
    """Counts what was given since the day before up to the end of `day`, or until now."""
    after = _last_before(session, found, day)
    last = max(after, sequence_at(session, found, _begin_of(day + DAY)) - 1)
    summed = session.execute(SUMMED, {"subscription_id": found.id, "after": after, "last": last}).all()
    return Manifest(
        day=day,
        number=sum(row.number for row in summed),
        first_sequence=min((row.first for row in summed), default=None),
        last_sequence=last,
        types={row.type: OfType(row.number, row.hash) for row in summed},
        made_at=now,
        is_final=day < day_of(now),
    )


def _last_before(session: Session, found: Subscription, day: date) -> int:
    """The last sequence of the days before; by their manifest where there is one, so that no event is in two."""
    made = select(_made.day, _made.last_sequence).where(_made.subscription_id == found.id, _made.day < day)
    before = session.execute(made.order_by(_made.day.desc()).limit(1)).one_or_none()
    if before is not None and before.day == day - DAY:
        return int(before.last_sequence)
    by_time = sequence_at(session, found, _begin_of(day)) - 1
    return by_time if before is None else max(by_time, before.last_sequence)


def make_next(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """Makes the next manifest of a day that is over, if there is one to be made; a job of the upkeep."""
    for subscription_id, day in _due(session, now):
        found = session.get_one(Subscription, subscription_id)
        made = compute(session, found, day, now)
        row = {
            "subscription_id": subscription_id,
            "day": day,
            "number": made.number,
            "first_sequence": made.first_sequence,
            "last_sequence": made.last_sequence,
            "types": made.types,
            "made_at": now,
        }
        insert_rows(session, subscription_manifest, [row])
        return 1
    return 0


def _due(session: Session, now: datetime) -> Iterator[tuple[str, date]]:
    """The next day of each subscription of which the manifest is due."""
    yesterday = day_of(now) - DAY
    for row in session.execute(MADE).all():
        day = day_of(row.kept_since) if row.last is None else row.last + DAY
        if day <= (yesterday if row.ended_at is None else min(yesterday, day_of(row.ended_at))):
            yield row.id, day


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
