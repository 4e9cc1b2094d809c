"""What can't be applied yet: kept in `inbox_parked`, in its object's order, and retried or shown to a person.

A parked event holds up its own object only. It is tried again when it is the next of its object and its time has come:
a blocked one at once, a failed one after 1 s, 5 s, 30 s, 5 min and 1 h. After that, or if no later try can help, it
waits for a person, who replays or skips it.
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING, Any

from eventlet.event import Event
from eventlet.timeout import Timeout
from sqlalchemy import Row, case, delete, exists, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis.data import is_unavailable
from chassis.errors import NotFound, RuleBroken, Transient
from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox import metrics
from chassis.messaging.inbox.applying import HandlerTooSlow, Outcome, lock_cursors, move_cursors
from chassis.messaging.inbox.tables import inbox_cursor, inbox_parked

if TYPE_CHECKING:
    from chassis.messaging.inbox.consumer import Inbox

log = logging.getLogger(__name__)

DELAYS = (1, 5, 30, 300, 3600)  # seconds before the second, third … try
DETAIL = 8000  # characters of a stack kept
PASSING_STATES = ("40", "55P03", "57014")  # serialisation, lock and statement time-outs
parked = inbox_parked.c
# The next of its object, and its time has come.
READY = (
    select(parked.id)
    .join(inbox_cursor, inbox_cursor.c.aggregate == parked.aggregate)
    .where(
        inbox_cursor.c.version + literal(1) >= parked.version,
        parked.state.in_(("blocked", "retrying")),
        or_(parked.state == "blocked", parked.next_attempt_at <= func.now()),
    )
    .order_by(parked.id)
    .limit(100)
)
HAS_WORK = select(exists().where(parked.state.in_(("blocked", "retrying"))))


class NotTheNext(RuleBroken):
    """Earlier events of the same object are still to be applied; replay or skip those first."""

    zh = "同一对象尚有更早的事件未处理，请先重放或跳过更早的事件。"


class NotReadable(RuleBroken):
    """The message is not an event and can't be applied; skip it with a reason."""

    zh = "该消息不是可识别的事件，无法重放，请注明原因后跳过。"


def is_passing(fault: BaseException) -> bool:
    """Whether a later try may succeed without anybody's help."""
    if isinstance(fault, Transient | HandlerTooSlow):
        return True
    state = getattr(fault.orig, "sqlstate", None) if isinstance(fault, DBAPIError) else None
    return bool(state) and str(state).startswith(PASSING_STATES)


def park_failed(session: Session, event: Envelope, fault: BaseException) -> str:
    """Parks an event whose handler failed; returns its state."""
    passing = is_passing(fault)
    state = "retrying" if passing else "waiting"
    if event.sequence > lock_cursors(session, [event.aggregate])[event.aggregate]:
        next_attempt = _in(DELAYS[0]) if passing else None
        keep(session, event, state=state, attempts=1, next_attempt_at=next_attempt, **_described(fault))
    return state


def keep(session: Session, event: Envelope, **values: Any) -> None:
    """Parks `event` unless it is parked already; as bytes, for a person, where the database can't hold it as JSON."""
    row = insert(inbox_parked).on_conflict_do_nothing()
    key = {"aggregate": event.aggregate, "version": event.sequence, "type": event.type, "parked_at": func.now()}
    try:
        with session.begin_nested():
            session.execute(row.values(key | values | {"event": event.to_dict()}))
    except DBAPIError as fault:
        if is_unavailable(fault):
            raise
        log.error("%s %s can't be kept as JSON: %s", event.type, event.id, fault)
        unreadable = {"raw": event.to_bytes(), "state": "dead", "next_attempt_at": None}
        session.execute(row.values(key | values | unreadable))


def find(session: Session, parked_id: int, lock: bool = False) -> Row[Any]:
    """A parked event; raises NotFound."""
    query = select(inbox_parked).where(parked.id == parked_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def replay(session: Session, parked_id: int) -> None:
    """Has a parked event tried again at once, with all its tries before it."""
    row = find(session, parked_id, lock=True)
    values: dict[str, Any] = {"state": "retrying", "attempts": 0, "next_attempt_at": func.now()}
    if row.event is None:
        try:
            event = Envelope.from_bytes(row.raw)
        except MalformedEvent as fault:
            raise NotReadable() from fault
        values |= {"aggregate": event.aggregate, "version": event.sequence, "type": event.type}
        values["event"] = event.to_dict()
    session.execute(update(inbox_parked).where(parked.id == parked_id).values(values))


def replay_all(session: Session) -> int:
    """Has all that waits for a person or a retry tried again at once; returns how many."""
    rows = session.execute(
        update(inbox_parked)
        .where(parked.state.in_(("waiting", "retrying")))
        .values(state="retrying", attempts=0, next_attempt_at=func.now())
    )
    return rows.rowcount  # type: ignore[attr-defined, no-any-return]


def skip(session: Session, parked_id: int) -> Row[Any]:
    """Gives a parked event up, so that its object's later events can go on; returns what it was."""
    row = find(session, parked_id)
    if row.aggregate is not None:
        cursor = lock_cursors(session, [row.aggregate])[row.aggregate]
        if row.version > cursor + 1:
            raise NotTheNext()
        if row.version == cursor + 1:
            move_cursors(session, {row.aggregate: row.version})
    session.execute(delete(inbox_parked).where(parked.id == parked_id))
    return row


class Retrier:
    """The loop that tries parked events again when they are the next of their object and their time has come."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.signal = Event()
        self.has_work = True  # as far as this replica knows; what others have parked it sees within a turn
        self.reported_at = 0.0

    def run(self) -> None:
        self.inbox.forever(self._turn, "retrying parked events")

    def wake(self) -> None:
        """What was applied may be what a parked event has waited for."""
        if self.has_work and not self.signal.ready():
            self.signal.send()

    def _turn(self) -> None:
        with Timeout(0.5, False):
            self.signal.wait()
        self.signal = Event()
        while not self.inbox.stopping and self._try_heads():
            pass
        if time.monotonic() - self.reported_at > 5:
            self._report()

    def _try_heads(self) -> int:
        """One try of each event that is ready; returns how many there were."""
        with Session(self.inbox.engine) as session, session.begin():
            heads = session.scalars(READY).all()
            self.has_work = bool(heads) or bool(session.scalar(HAS_WORK))
        for parked_id in heads:
            self._try(parked_id)
        return len(heads)

    def _try(self, parked_id: int) -> None:
        if not self._announce(parked_id):
            return
        try:
            with Session(self.inbox.engine) as session, session.begin():
                event = self._apply(session, parked_id)
        except Exception as fault:
            if is_unavailable(fault):
                raise
            self._note_failure(parked_id, fault)
            return
        if event is not None:
            self.inbox.count(Outcome(applied=[event]))

    def _announce(self, parked_id: int) -> bool:
        """Counts the try before it is made, so that an event that kills the process comes to an end as well."""
        waits = case(*[(parked.attempts == n, delay) for n, delay in enumerate(DELAYS)], else_=DELAYS[-1])
        exhausted = parked.attempts >= len(DELAYS)
        claimed = (
            select(parked.id)
            .where(parked.id == parked_id, or_(parked.state == "blocked", parked.next_attempt_at <= func.now()))
            .with_for_update(skip_locked=True)
        )
        with Session(self.inbox.engine) as session, session.begin():
            done = session.execute(
                update(inbox_parked)
                .where(parked.id.in_(claimed))
                .values(
                    attempts=parked.attempts + 1,
                    state=case((exhausted, "waiting"), else_="retrying"),
                    next_attempt_at=case((exhausted, None), else_=func.now() + waits * text("interval '1 second'")),
                )
            )
        return bool(done.rowcount)  # type: ignore[attr-defined]

    def _apply(self, session: Session, parked_id: int) -> Envelope | None:
        row = find(session, parked_id)
        cursor = lock_cursors(session, [row.aggregate])[row.aggregate]
        gone = session.execute(delete(inbox_parked).where(parked.id == parked_id))
        if row.version != cursor + 1 or not gone.rowcount:  # type: ignore[attr-defined]
            return None  # another replica was quicker
        event = Envelope.from_dict(row.event)
        self.inbox.applier.run(session, [event])
        return event

    def _note_failure(self, parked_id: int, fault: Exception) -> None:
        log.warning("a parked event failed again: %s", fault, exc_info=None if is_passing(fault) else fault)
        values = _described(fault)
        if not is_passing(fault):
            values |= {"state": "waiting", "next_attempt_at": None}
        with Session(self.inbox.engine) as session, session.begin():
            session.execute(update(inbox_parked).where(parked.id == parked_id).values(values))

    def _report(self) -> None:
        age = func.extract("epoch", func.now() - func.min(parked.parked_at))
        with Session(self.inbox.engine) as session, session.begin():
            counts = session.execute(select(parked.state, func.count()).group_by(parked.state)).all()
            oldest = session.scalar(select(age))
        states: dict[str, int] = dict(counts)  # type: ignore[arg-type]
        for state in ("blocked", "retrying", "waiting", "dead"):
            metrics.parked.labels(self.inbox.service, state).set(states.get(state, 0))
        metrics.oldest_parked.labels(self.inbox.service).set(oldest or 0)
        self.reported_at = time.monotonic()


def _in(seconds: int) -> Any:
    return func.now() + text(f"interval '{seconds} seconds'")


def _described(fault: BaseException) -> dict[str, Any]:
    stack = "".join(traceback.format_exception(fault))
    reason = f"{type(fault).__name__}: {fault}"[:500]
    return {"reason": reason.replace("\x00", ""), "detail": stack[-DETAIL:].replace("\x00", "")}
