"""A listener: told of the events that a service has applied, in the transaction that moves their cursors.

What it wants is asked by a statement that the inbox makes anyway, so that a listener that wants nothing costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope


class Listener(Protocol):
    """What a worker has as `listener`."""

    wanted: str  # in SQL, the kinds of aggregate that it wants to hear of: one array of texts, or NULL

    def hear(self, session: Session, events: Sequence[Envelope]) -> None:
        """Told of `events` of these kinds, each aggregate's in order; each once, whatever is delivered twice."""


def listener_of(worker: object) -> Listener | None:
    """The listener of a worker, if it has one."""
    found: Listener | None = getattr(worker, "listener", None)
    return found


def heard(events: Sequence[Envelope], kinds: Sequence[str] | None) -> list[Envelope]:
    """Those of `events` that are of the kinds wanted; of each aggregate the first version first."""
    wanted = set(kinds or ())
    return sorted(
        (event for event in events if event.type.partition(".")[0] in wanted), key=lambda event: event.sequence
    )
