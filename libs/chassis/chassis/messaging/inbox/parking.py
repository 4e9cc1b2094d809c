"""What can't be applied yet: kept in `inbox_parked`, in its object's order, and retried or shown to a person.

A parked event holds up its own object only. It is tried again when it is the next of its object and its time has come:
a blocked one at once, a failed one after 1 s, 5 s, 30 s, 5 min and 1 h. After that, or if no later try can help, it
waits for a person, who replays or skips it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Interval, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis.data import is_unavailable
from chassis.errors import NotFound, RuleBroken
from chassis.messaging.envelope import Envelope, JsonObject, MalformedEvent
from chassis.messaging.inbox.conflicts import AnotherIsKnown
from chassis.messaging.inbox.cursors import lock_cursors, move_cursors
from chassis.messaging.inbox.faults import is_passing
from chassis.messaging.inbox.tables import ParkedState, inbox_parked

log = logging.getLogger(__name__)

LONGEST_DETAIL = 8000  # characters of a stack
LONGEST_REASON = 500

parked = inbox_parked.c
PARK = insert(inbox_parked).values(parked_at=func.now()).on_conflict_do_nothing()
PARK_FOR_LATER = PARK.values(next_attempt_at=func.now() + bindparam("wait", type_=Interval))


class NotTheNext(RuleBroken):
    """Earlier events of the same object are still to be applied; replay or skip those first."""

    zh = "同一对象尚有更早的事件未处理，请先重放或跳过更早的事件。"


class NotReadable(RuleBroken):
    """The message is not an event and can't be applied; skip it with a reason."""

    zh = "该消息不是可识别的事件，无法重放，请注明原因后跳过。"


class ParkedRow(NamedTuple):
    """A row of `inbox_parked`."""

    id: int
    aggregate: str | None
    version: int | None
    type: str | None
    event: JsonObject | None
    raw: bytes | None
    reason: str
    detail: str | None
    state: str
    attempts: int
    next_attempt_at: datetime | None
    parked_at: datetime


class Reason(NamedTuple):
    """Why an event is parked: a line, and the stack that led to it."""

    reason: str
    detail: str | None = None

    @classmethod
    def of(cls, fault: BaseException) -> Reason:
        """What a person needs to see of `fault`, without what the database can't hold."""
        stack = "".join(traceback.format_exception(fault))
        line = f"{type(fault).__name__}: {fault}"[:LONGEST_REASON]
        return cls(line.replace("\x00", ""), stack[-LONGEST_DETAIL:].replace("\x00", ""))


def park_early(session: Session, events: Sequence[Envelope]) -> None:
    """Parks events that came before their predecessors."""
    if events:
        why = {"reason": "its predecessor has not been applied", "state": ParkedState.BLOCKED}
        session.execute(PARK, [{**_key(event), "event": event.to_dict(), **why} for event in events])


def park_failed(session: Session, event: Envelope, fault: BaseException, retry_delays: Sequence[float]) -> ParkedState:
    """Parks an event whose handler failed; returns its state."""
    passing = is_passing(fault)
    state = ParkedState.RETRYING if passing else ParkedState.WAITING
    if event.sequence > lock_cursors(session, [event.aggregate])[event.aggregate]:
        park(session, event, state, Reason.of(fault), attempts=1, retry_in=retry_delays[0] if passing else None)
    return state


def park(
    session: Session, event: Envelope, state: ParkedState, why: Reason, *, attempts: int, retry_in: float | None
) -> None:
    """Parks `event` unless it is parked already, to be tried again in `retry_in` seconds.

    Where the database can't hold it as JSON it is parked as bytes, for a person.
    """
    row = {**_key(event), **why._asdict(), "attempts": attempts}
    wait = None if retry_in is None else timedelta(seconds=retry_in)
    try:
        with session.begin_nested():
            session.execute(PARK_FOR_LATER, {**row, "state": state, "event": event.to_dict(), "wait": wait})
    except DBAPIError as fault:
        if is_unavailable(fault):
            raise
        log.error("%s %s can't be kept as JSON: %s", event.type, event.id, fault)
        session.execute(PARK, {**row, "state": ParkedState.DEAD, "raw": event.to_bytes()})


def park_unreadable(session: Session, raw: bytes, fault: MalformedEvent) -> None:
    """Parks a message that is not an event, for a person."""
    reason = f"not an event: {fault}"[:LONGEST_REASON]
    session.execute(PARK, {"raw": raw, "reason": reason, "state": ParkedState.DEAD})


def find(session: Session, parked_id: int, lock: bool = False) -> ParkedRow:
    """A parked event; raises NotFound."""
    query = select(inbox_parked).where(parked.id == parked_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound()
    return ParkedRow(*row)


def replay(session: Session, parked_id: int) -> None:
    """Has a parked event tried again at once, with all its tries before it.

    Raises NotFound, NotReadable, AnotherIsKnown.
    """
    row = find(session, parked_id, lock=True)
    if row.state == ParkedState.CONFLICT:
        raise AnotherIsKnown()
    again = update(inbox_parked).where(parked.id == parked_id)
    again = again.values(state=ParkedState.RETRYING, attempts=0, next_attempt_at=func.now())
    if row.event is None:
        try:
            event = Envelope.from_bytes(row.raw or b"")
        except MalformedEvent as fault:
            raise NotReadable() from fault
        again = again.values(**_key(event), event=event.to_dict())
    session.execute(again)


def replay_all(session: Session) -> int:
    """Has all that waits for a person or a retry tried again at once; returns how many."""
    done = session.execute(
        update(inbox_parked)
        .where(parked.state.in_((ParkedState.WAITING, ParkedState.RETRYING)))
        .values(state=ParkedState.RETRYING, attempts=0, next_attempt_at=func.now())
        .returning(parked.id)
    )
    return len(done.all())


def skip(session: Session, parked_id: int) -> ParkedRow:
    """Gives a parked event up, so that its object's later events can go on; returns what it was.

    Raises NotFound, NotTheNext.
    """
    row = find(session, parked_id)
    if row.state != ParkedState.CONFLICT and row.aggregate is not None and row.version is not None:
        cursor = lock_cursors(session, [row.aggregate])[row.aggregate]
        if row.version > cursor + 1:
            raise NotTheNext()
        if row.version == cursor + 1:
            move_cursors(session, {row.aggregate: row.version}, {row.aggregate: row.event["id"]} if row.event else {})
    session.execute(delete(inbox_parked).where(parked.id == parked_id))
    return row


def _key(event: Envelope) -> dict[str, str | int]:
    return {"aggregate": event.aggregate, "version": event.sequence, "type": event.type}
