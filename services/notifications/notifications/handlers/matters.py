"""What is open until a fact puts it right: opened and closed by the events that say so, whoever is told of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ARRAY, Date, Text, bindparam, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock, day_of
from chassis.messaging import Envelope
from notifications.domain.conditions import CLOSED_BY, OPENED_BY, MatterKind, matter_subject
from notifications.domain.rules import Rules
from notifications.handlers import planning
from notifications.storage import matter
from programme import rulesets

Fact: TypeAlias = Envelope[Any]  # Any: the record of an event that opens or closes something

_OPENED = insert(matter)
OPEN = _OPENED.on_conflict_do_update(
    index_elements=["kind", "subject"],
    set_={
        name: _OPENED.excluded[name] for name in ("enterprise_id", "opened_on", "opened_by", "closed_on", "closed_by")
    },
)
CLOSE = text(
    "UPDATE matter SET closed_on = new.closed_on, closed_by = new.closed_by "
    "FROM jsonb_to_recordset(:closed) AS new (kind text, subject text, closed_on date, closed_by text) "
    "WHERE matter.kind = new.kind AND matter.subject = new.subject AND matter.closed_on IS NULL "
    "RETURNING matter.kind, matter.subject"
)
GIVE_UP = (
    update(matter)
    .where(matter.c.enterprise_id == func.any(bindparam("firms", type_=ARRAY(Text))), matter.c.closed_on.is_(None))
    .values(closed_on=bindparam("day", type_=Date), closed_by=bindparam("event"))
    .returning(matter.c.kind, matter.c.subject)
)
AGGREGATES = {
    kind: event.partition(".")[0] for event, kind in OPENED_BY.items()
}  # the kind of aggregate that each kind of matter is about


class Closed(NamedTuple):
    """A matter that was open and is no more."""

    kind: str
    subject: str


def follow(session: Session, events: Sequence[Fact], clock: Clock) -> None:
    """Opens and closes what `events` say, and takes off what was planned for what is closed by the rules of the day."""
    stop(session, _keep(session, events), clock)


def keep_anew(session: Session, events: Sequence[Fact]) -> None:
    """Keeps what is open of an aggregate as `events`, all that hold of it, say; nothing is planned or taken off."""
    for event in events:
        _keep(session, [event])


def give_up(session: Session, firm: str, event: Fact, clock: Clock) -> None:
    """Closes all that is open of an enterprise that was deregistered."""
    values = {"firms": [firm], "day": day_of(event.time), "event": event.id}
    stop(session, (Closed(*row) for row in session.execute(GIVE_UP, values)), clock)


def stop(session: Session, closed: Iterable[Closed], clock: Clock) -> None:
    """Takes off the stages that were planned for matters that are closed."""
    matters = list(closed)
    if not matters:
        return
    openers = {kind: event for event, kind in OPENED_BY.items()}
    planned = rulesets.rules_on(session, clock.today(), Rules).planning
    planning.cancel(
        session,
        [
            each
            for found in matters
            for rule in planned
            if openers[MatterKind(found.kind)] in rule.events
            for each in planning.series_of(rule, f"{AGGREGATES[MatterKind(found.kind)]}:{found.subject}")
        ],
    )


def _keep(session: Session, events: Sequence[Fact]) -> list[Closed]:
    """Opens and closes what `events`, all of one type, say; what was open and is closed now."""
    opened = [_opened(event, OPENED_BY[event.type]) for event in events if event.type in OPENED_BY]
    if opened:
        last = {(row["kind"], row["subject"]): row for row in opened}
        session.execute(OPEN, [last[key] for key in sorted(last)])
    ended = [_closed(event, CLOSED_BY[event.type]) for event in events if event.type in CLOSED_BY and _closes(event)]
    return [Closed(*row) for row in session.execute(CLOSE, {"closed": json.dumps(ended)})] if ended else []


def _closes(event: Fact) -> bool:
    """Of the reports of an incident the final one."""
    return event.type != "incident.report_added.v1" or event.data.kind == "final"


def _opened(event: Fact, kind: MatterKind) -> dict[str, object]:
    return {
        "kind": kind.value,
        "subject": matter_subject(kind, event.subject, vars(event.data)),
        "enterprise_id": event.data.mentions.enterprise_id,
        "opened_on": day_of(event.time),
        "opened_by": event.id,
        "closed_on": None,
        "closed_by": None,
    }


def _closed(event: Fact, kind: MatterKind) -> dict[str, object]:
    return {
        "kind": kind.value,
        "subject": matter_subject(kind, event.subject, vars(event.data)),
        "closed_on": day_of(event.time).isoformat(),
        "closed_by": event.id,
    }
