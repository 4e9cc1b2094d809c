"""What can't be applied yet: kept in `inbox_parked`, in its aggregate's order, and retried or shown to a person.

A parked event holds up its own aggregate only. It is tried again when it is the next of its aggregate and its time has
come: a blocked one at once, a failed one after 1 s, 5 s, 30 s, 5 min and 1 h. After that, or if no later try can help,
it waits for a person, who replays or skips it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Interval,
    bindparam,
    delete,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.errors import NotFound, RuleBroken
from chassis.messaging.envelope import ENCODER, Envelope, JsonObject, MalformedEvent
from chassis.messaging.inbox.conflicts import AnotherIsKnown
from chassis.messaging.inbox.cursors import lock_cursors, move_cursors, place_of
from chassis.messaging.inbox.faults import SetAside, is_of_the_moment, is_passing
from chassis.messaging.inbox.origin import FORGED
from chassis.messaging.inbox.reasons import LONE_TRY, LONGEST_REASON, Reason, storable
from chassis.messaging.inbox.tables import ParkedState, inbox_parked

log = logging.getLogger(__name__)

parked = inbox_parked.c
PARK = insert(inbox_parked).values(parked_at=func.now()).on_conflict_do_nothing()
# One statement and one text, however many: to hand over ten thousand rows one by one takes longer than all the rest.
PARK_MANY = text(
    "INSERT INTO inbox_parked "
    "(aggregate, version, type, event, reason, detail, state, attempts, next_attempt_at, parked_at) "
    "SELECT aggregate, version, type, event, reason, detail, state, attempts, "
    "now() + retry_in * interval '1 second', now() FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS batch "
    "(aggregate text, version bigint, type text, event jsonb, reason text, detail text, state text, "
    "attempts integer, retry_in double precision) ON CONFLICT DO NOTHING"
)
PARK_FOR_LATER = PARK.values(next_attempt_at=func.now() + bindparam("wait", type_=Interval))


DELETE = delete(inbox_parked).where(parked.id == bindparam("parked_id")).returning(parked.id)
EARLIER = select(
    exists().where(parked.aggregate == bindparam("key"), parked.version < bindparam("version", type_=BigInteger))
)


class NotTheNext(RuleBroken):
    """Earlier events of the same aggregate are still to be applied; replay or skip those first."""

    zh = "同一对象尚有更早的事件未处理，请先重放或跳过更早的事件。"


class PredecessorMissing(RuleBroken):
    """An earlier event of the same aggregate has not come and is not parked; to give that up, say past_missing."""

    zh = "同一对象更早的事件尚未到达，也不在待处理列表中；如需一并放弃，请指定 past_missing。"


class SameVersionParked(RuleBroken):
    """Another event with the same aggregate and version is parked; replay or skip that one, and skip this."""

    zh = "同一对象的同一版本已有另一条待处理事件，请重放或跳过那一条，并跳过本条。"


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


def park_early(session: Session, events: Sequence[Envelope]) -> None:
    """Parks events that came before their predecessors."""
    if events:
        why = {"reason": "its predecessor has not been applied", "state": ParkedState.BLOCKED}
        session.execute(PARK, [{**place_of(event), "event": event.to_dict(), **why} for event in events])


class ToPark(NamedTuple):
    """An event that is to be parked, and how."""

    event: Envelope
    state: ParkedState
    why: Reason
    attempts: int
    retry_in: float | None  # seconds; None for what waits for a person

    @classmethod
    def failed(cls, event: Envelope, fault: BaseException, why: Reason, retry_delays: Sequence[float]) -> ToPark:
        """What is to become of an event whose handler failed, or that was set aside untried."""
        if isinstance(fault, SetAside):
            return cls(event, ParkedState.RETRYING, why, attempts=0, retry_in=0)
        state = state_after(fault)
        return cls(event, state, why, attempts=1, retry_in=retry_delays[0] if state == ParkedState.RETRYING else None)

    def columns(self) -> dict[str, object]:
        """What the row says of it beside the event."""
        return {**self.why._asdict(), "state": self.state, "attempts": self.attempts, "retry_in": self.retry_in}


def state_after(fault: BaseException) -> ParkedState:
    """The state in which an event is parked for `fault`."""
    return ParkedState.RETRYING if is_passing(fault) else ParkedState.WAITING


def park_many(session: Session, several: Sequence[ToPark]) -> None:
    """Parks events whose aggregates' cursors are locked; what is parked already stays as it is."""
    if not several:
        return
    try:
        rows = [{**place_of(each.event), "event": each.event.to_dict(), **each.columns()} for each in several]
        with session.begin_nested():
            session.execute(PARK_MANY, {"rows": ENCODER.encode(rows)})
    except Exception as fault:
        if is_of_the_moment(fault):
            raise
        for event, state, why, attempts, retry_in in several:
            park(session, event, state, why, attempts=attempts, retry_in=retry_in)


def park_suspects(session: Session, events: Sequence[Envelope], tries: int) -> None:
    """Parks what may have killed the process, or stood beside it: each gets a try by itself, counted before it is made.

    `tries`: how often a parked event is tried again in all.
    """
    cursors = lock_cursors(session, [event.aggregate for event in events])
    suspects = [
        ToPark(event, ParkedState.RETRYING, Reason(LONE_TRY), attempts=tries, retry_in=0)
        for event in events
        if event.sequence > cursors[event.aggregate]
    ]
    if suspects:
        park_many(session, suspects)


def park_failed(
    session: Session, event: Envelope, fault: BaseException, retry_delays: Sequence[float], why: Reason | None = None
) -> ParkedState:
    """Parks an event whose handler failed; returns its state."""
    to_park = ToPark.failed(event, fault, why or Reason.of(fault), retry_delays)
    if event.sequence > lock_cursors(session, [event.aggregate])[event.aggregate]:
        park_many(session, [to_park])
    return to_park.state


def park(
    session: Session,
    event: Envelope,
    state: ParkedState,
    why: Reason,
    *,
    attempts: int,
    retry_in: float | None,
    raw: bytes | None = None,
) -> None:
    """Parks `event` unless it is parked already, to be tried again in `retry_in` seconds.

    Where the database can't hold it as JSON it is parked as bytes, for a person: `raw`, the message as it came.
    """
    row = {**place_of(event), **why._asdict(), "attempts": attempts}
    wait = None if retry_in is None else timedelta(seconds=retry_in)
    try:
        with session.begin_nested():
            session.execute(PARK_FOR_LATER, {**row, "state": state, "event": event.to_dict(), "wait": wait})
    except Exception as fault:
        if is_of_the_moment(fault):
            raise
        log.error("%s %s can't be kept as JSON: %s", event.type, event.id, fault)
        raw = repr(event).encode("utf-8", "backslashreplace") if raw is None else raw
        # Under its key, so that it keeps its place, and is parked once however often it comes.
        key = {"aggregate": storable(event.aggregate), "type": storable(event.type)}
        session.execute(PARK, {**row, **key, "raw": raw, "state": ParkedState.DEAD})


def park_unreadable(session: Session, raw: bytes, why: object) -> None:
    """Parks a message that is not an event, or not one that can be taken, for a person."""
    session.execute(PARK, {"raw": raw, "reason": storable(str(why))[:LONGEST_REASON], "state": ParkedState.DEAD})


def find(session: Session, parked_id: int) -> ParkedRow:
    """A parked event; raises NotFound."""
    row = session.execute(select(inbox_parked).where(parked.id == parked_id)).one_or_none()
    if row is None:
        raise NotFound()
    return ParkedRow(*row)


def replay(session: Session, parked_id: int) -> None:
    """Has a parked event tried again at once, with all its tries before it.

    Raises NotFound, NotReadable, SameVersionParked, AnotherIsKnown.
    """
    row = find(session, parked_id)
    if row.state == ParkedState.CONFLICT:
        raise AnotherIsKnown()
    again = update(inbox_parked).where(parked.id == parked_id)
    again = again.values(state=ParkedState.RETRYING, attempts=0, next_attempt_at=func.now())
    if row.event is None:
        event = _readable_after_all(row)
        lock_cursors(session, [event.aggregate])  # before the row, as everybody does; what has none is never tried
        same = (parked.aggregate == event.aggregate, parked.version == event.sequence, parked.id != parked_id)
        if session.scalar(select(parked.id).where(*same)) is not None:
            raise SameVersionParked()
        again = again.values(**place_of(event), event=event.to_dict())
    if session.scalar(again.returning(parked.id)) is None:
        raise NotFound()


def _readable_after_all(row: ParkedRow) -> Envelope:
    """The event of a row that was kept as bytes; raises NotReadable."""
    if row.reason.startswith(FORGED):
        raise NotReadable()
    try:
        return Envelope.from_bytes(row.raw or b"")
    except MalformedEvent as fault:
        raise NotReadable() from fault


def replay_all(session: Session) -> int:
    """Has all that waits for a person or a retry tried again at once; returns how many."""
    done = session.execute(
        update(inbox_parked)
        .where(parked.state.in_((ParkedState.WAITING, ParkedState.RETRYING)))
        .values(state=ParkedState.RETRYING, attempts=0, next_attempt_at=func.now())
        .returning(parked.id)
    )
    return len(done.all())


class Skipped(NamedTuple):
    """A parked event that was given up, and the versions before it that never came and were given up with it."""

    row: ParkedRow
    missing: range


def skip(session: Session, parked_id: int, past_missing: bool = False) -> Skipped:
    """Gives a parked event up, so that its aggregate's later events can go on; returns what it was.

    With `past_missing` it also gives up what never came before the event, if none of it is parked.
    Raises NotFound, also where it has been applied meanwhile; NotTheNext, PredecessorMissing.
    """
    row = find(session, parked_id)
    # One in conflict with the event that was applied under its version holds up nothing: the cursor stays.
    key = None if row.state == ParkedState.CONFLICT else row.aggregate
    version = row.version or 0
    cursor = version if key is None else lock_cursors(session, [key])[key]
    # Under the cursor's lock, as the retrier does it: what that has applied meanwhile is no longer there.
    if session.scalar(DELETE, {"parked_id": parked_id}) is None:
        raise NotFound()
    missing = range(cursor + 1, version)
    if missing and session.scalar(EARLIER, {"key": key, "version": version}):
        raise NotTheNext()
    if missing and not past_missing:
        raise PredecessorMissing()
    if key is not None and version > cursor:
        event = Envelope.from_dict(row.event) if row.event else None
        move_cursors(session, {key: version}, {key: event.id} if event else {}, {key: event.time} if event else {})
    return Skipped(row, missing)
