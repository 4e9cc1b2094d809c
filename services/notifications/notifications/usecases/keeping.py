"""How long what subscriptions were given is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from chassis import settings as chassis
from chassis.messaging import inbox_cursor
from notifications.config import Settings
from notifications.domain.subscription import COLLECTING, Subscription
from notifications.queries.subscriptions import reach, sequence_at
from notifications.storage import public_place, subscription, subscription_event, subscription_manifest

AT_ONCE = 5000  # rows in one step
MANIFESTS_KEPT = timedelta(days=1100)

_event, _made = subscription_event.c, subscription_manifest.c
_kind = func.split_part(public_place.c.aggregate, ":", 1)


def forget_events(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """Removes some events from before the kept days, of days that have their manifest; returns how many.

    It does not ask whether they were fetched: what nobody reads does not grow without an end.
    """
    assert isinstance(settings, Settings)
    oldest = now - timedelta(days=settings.subscription_days)
    for found in session.scalars(select(Subscription).where(subscription.c.kept_since.is_not(None))):
        last_in_manifest = session.scalar(
            select(func.max(_made.last_sequence)).where(_made.subscription_id == found.id)
        )
        first, _ = reach(session, found)
        last = min(sequence_at(session, found, oldest) - 1, last_in_manifest or 0, first + AT_ONCE - 1)
        if last >= first:
            session.execute(
                delete(subscription_event).where(_event.subscription_id == found.id, _event.sequence <= last)
            )
            return last - first + 1
    gone = delete(subscription_manifest).where(_made.made_at < now - MANIFESTS_KEPT).returning(_made.day)
    return len(session.execute(gone).all())


def forget_places(session: Session, now: datetime, settings: chassis.Settings) -> int:
    """Removes some places of aggregates that nobody subscribes to, or that have passed; returns how many."""
    asked = (
        select(func.split_part(func.unnest(subscription.c.types), ".", 1))
        .where(subscription.c.state.in_(COLLECTING))
        .scalar_subquery()
    )
    is_known = exists().where(inbox_cursor.c.aggregate == public_place.c.aggregate)
    some = select(public_place.c.aggregate).where(or_(_kind.not_in(asked), ~is_known)).limit(AT_ONCE)
    gone = delete(public_place).where(public_place.c.aggregate.in_(some)).returning(public_place.c.aggregate)
    return len(session.scalars(gone).all())
