"""A subscriber fetches its events."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from notifications.queries.subscriptions import FeedArguments, events_after, subscription_by_id
from notifications.storage import subscription_fetch
from programme.callers import Caller

_ROW = insert(subscription_fetch)
NOTE = _ROW.on_conflict_do_update(
    index_elements=["subscription_id"], set_={"sequence": _ROW.excluded.sequence, "at": _ROW.excluded.at}
)


def fetch(session: Session, caller: Caller, subscription_id: str, wanted: FeedArguments, clock: Clock) -> Sequence[str]:
    """The CloudEvents after a sequence, each as JSON; by `after` the subscriber says up to where it has them."""
    found = subscription_by_id(session, caller, subscription_id)
    bodies = events_after(session, found, wanted)
    session.execute(NOTE, {"subscription_id": found.id, "sequence": wanted.after, "at": clock.now()})
    return bodies
