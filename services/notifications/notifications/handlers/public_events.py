"""What the inbox applied of the kinds that other systems subscribe to, kept until it is handed to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from chassis.data import insert_rows
from chassis.messaging import Envelope
from notifications.domain.subscription import COLLECTING
from notifications.handlers import Batch
from notifications.storage import public_event

# The types of event that this service has no use for itself.
FOR_SUBSCRIBERS_ONLY = (
    "campaign.announced.v1",
    "campaign.cancelled.v1",
    "campaign.closed.v1",
    "class.cancelled.v1",
    "class.changed.v1",
    "class.closed.v1",
    "class.scheduled.v1",
    "practice.published.v1",
    "practice.withdrawn.v1",
    "rollout_plan.set.v1",
    "talent.admitted.v1",
    "talent.excluded.v1",
    "talent.lapsed.v1",
    "talent.restored.v1",
)
_STATES = ", ".join(f"'{state}'" for state in COLLECTING)


@dataclass(frozen=True)
class Nothing:
    """What is read of an event that is for subscribers only: the listener has all of it."""


def only_for_subscribers(_: object, session: Session, events: Batch[Nothing]) -> None:
    """Does nothing: that it is handled has its cursors compared with the publisher's, as those of other kinds are."""


class ForSubscriptions:
    """Keeps each event of the kinds that somebody subscribes to, in the transaction that applies it.

    Of these kinds all types are kept, since any of them may be the one by which an aggregate leaves a division.
    """

    wanted = (
        "SELECT array_agg(DISTINCT split_part(kind, '.', 1)) FROM subscription, unnest(types) AS kind "
        f"WHERE state IN ({_STATES})"
    )

    def hear(self, session: Session, events: Sequence[Envelope]) -> None:
        """Keeps `events`, by one statement."""
        received_at = datetime.now(UTC)
        rows = [
            {
                "event_id": event.id,
                "type": event.type,
                "division": event.division,
                "envelope": event.to_dict(),
                "received_at": received_at,
            }
            for event in events
        ]
        insert_rows(session, public_event, rows)
