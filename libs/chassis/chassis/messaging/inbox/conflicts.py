"""The same version with another id: told, kept for a person, and never taken for a duplicate.

It is not applied, since another event of that version has been, or is about to be: the publisher's database was put
back to an earlier moment, or somebody announces in its name.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.errors import RuleBroken
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.cursors import Cursor, place_of
from chassis.messaging.inbox.tables import ParkedState, inbox_parked

log = logging.getLogger(__name__)

PARK = (
    insert(inbox_parked)
    .values(parked_at=func.now(), state=ParkedState.CONFLICT)
    .on_conflict_do_nothing()
    .returning(inbox_parked.c.id)
)


class AnotherIsKnown(RuleBroken):
    """Another event of this version is known already; find out which holds, enter anew what is missing, skip this."""

    zh = "同一版本已有另一事件，本事件不能替代。请查明以哪一个为准，补录缺失内容后跳过本事件。"


class Conflict(NamedTuple):
    """An event, and the id of the one that has its place."""

    event: Envelope
    known_id: str


def conflict(event: Envelope, cursor: Cursor) -> Conflict | None:
    """Whether `event` claims the place of the one at which the cursor of its aggregate stands."""
    if event.sequence == cursor.version and cursor.event_id not in (None, event.id):
        return Conflict(event, str(cursor.event_id))
    return None


def park_conflicts(session: Session, conflicts: Sequence[Conflict]) -> None:
    """Keeps the events for a person, each once, and says so in a line each; `detail` is the id that is known."""
    for event, known_id in conflicts:
        reason = f"version {event.sequence} is the event {known_id} already; this one has another id"
        row = {**place_of(event), "event": event.to_dict(), "reason": reason, "detail": known_id}
        if session.scalar(PARK, row) is not None:
            log.error(
                "version %d of %s was announced twice by %s: as %s, which stands, and as %s, which is parked; was its "
                "database put back to an earlier moment? GET /ops/parked shows it",
                event.sequence,
                event.aggregate,
                event.source,
                known_id,
                event.id,
            )
