"""An end point that wants nothing more, or has taken nothing for days: its subscription is disabled.

Nothing is lost by that: events are kept for it as ever, and it goes on where it stopped once it is resumed.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.security import audit
from notifications.domain.subscription import State, Subscription
from notifications.storage import subscription
from notifications.usecases.webhooks import letters

# When it is resumed, its days begin anew, and a probe comes first.
BEGIN_ANEW = text(
    "UPDATE webhook_endpoint SET failing_since = NULL, resume_at = NULL, is_open = true "
    "WHERE subscription_id = :subscription"
)


class Reason(StrEnum):
    """Why."""

    GONE = "gone"  # it answered 410
    FAILED = "failed"  # for days no attempt has succeeded


def disable(session: Session, subscription_id: str, reason: Reason, clock: Clock) -> bool:
    """Disables a live subscription and tells both sides; False where it is not live any more."""
    live = (subscription.c.id == subscription_id) & (subscription.c.state == State.LIVE)
    found = session.scalars(select(Subscription).where(live).with_for_update()).one_or_none()
    if found is None:
        return False
    found.disable(reason)
    found.version += 1
    session.execute(BEGIN_ANEW, {"subscription": subscription_id})
    letters.write(session, found, reason, clock)
    audit.record(session, None, "subscription.disabled", found.id, {"state": str(found.state), "reason": reason}, clock)
    return True
