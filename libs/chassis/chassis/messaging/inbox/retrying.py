"""Tries parked events again when they are the next of their aggregate and their time has come.

Those that were not tried before, because the inbox set them aside or somebody had all replayed, are tried many in one
transaction; others each in its own, since one of them may be what killed the process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from eventlet.event import Event
from sqlalchemy import Engine, Update, bindparam, case, exists, func, literal, not_, or_, select, text, update
from sqlalchemy.orm import Session

from chassis.data import is_unavailable, read
from chassis.intervals import Interval, to_next
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox import metrics
from chassis.messaging.inbox.applying import Applier, BatchResult
from chassis.messaging.inbox.complaints import Complaints
from chassis.messaging.inbox.cursors import lock_cursors
from chassis.messaging.inbox.faults import is_passing
from chassis.messaging.inbox.parking import DELETE, parked, state_after
from chassis.messaging.inbox.reasons import LONE_TRY
from chassis.messaging.inbox.tables import ParkedState, inbox_cursor, inbox_parked
from chassis.messaging.inbox.untried import UNTRIED, Untried
from chassis.messaging.loops import repeat
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)

CHECK_EVERY = 0.5  # seconds between two looks at what is ready, unless something was applied
IDLE_CHECK_EVERY = 10.0  # the same while nothing is parked at all; what this replica parks it knows at once
REPORT_EVERY = 10  # seconds between two counts of what is parked
AT_ONCE = 100  # events tried between two looks

TO_BE_TRIED = parked.state.in_((ParkedState.BLOCKED, ParkedState.RETRYING))
MAY_BE_TRIED = or_(parked.state == ParkedState.BLOCKED, parked.next_attempt_at <= func.now())
READY = (
    select(parked.id)
    .join(inbox_cursor, inbox_cursor.c.aggregate == parked.aggregate)
    .where(inbox_cursor.c.version + literal(1) >= parked.version, TO_BE_TRIED, MAY_BE_TRIED, not_(UNTRIED))
    .order_by(parked.id)
    .limit(AT_ONCE)
)
IS_ANY = select(exists().where(TO_BE_TRIED), exists().where(parked.id.is_not(None)))
WAS_ALONE = parked.reason == LONE_TRY
STATE_AFTER = case((WAS_ALONE, ParkedState.RETRYING), else_=parked.state)
ATTEMPTS_AFTER = case((WAS_ALONE, 1), else_=parked.attempts)
NEXT_AFTER = case((WAS_ALONE, func.now()), else_=parked.next_attempt_at)
COUNTS = select(parked.state, func.count()).group_by(parked.state)
OLDEST = select(func.extract("epoch", func.now() - func.min(parked.parked_at)))


class Retrier:
    """The loop over what is parked."""

    def __init__(
        self,
        engine: Engine,
        service: str,
        stop: StopSignal,
        applier: Applier,
        retry_delays: Sequence[float],
        complaints: Complaints,
        on_applied: Callable[[BatchResult], None],
    ) -> None:
        """`on_applied` is told what became of each event that is no longer parked."""
        self.engine, self.service, self.stop = engine, service, stop
        self.applier = applier
        self.claim = _claim(retry_delays)
        self.complaints = complaints
        self.untried = Untried(engine, applier, retry_delays, complaints)
        self.on_applied = on_applied
        # As far as this replica knows; what others have parked it sees at its next look.
        self.has_work = self.is_any_parked = True
        self._signal = Event()
        self._reporting = Interval(REPORT_EVERY)

    def run(self) -> None:
        """Goes on until the worker stops."""
        repeat(self._turn, "retrying parked events", self.stop)

    def wake(self, is_parked: bool = False) -> None:
        """Says that something was applied, which a parked event may have waited for; or that something was parked."""
        self.has_work |= is_parked
        if self.has_work and not self._signal.ready():
            self._signal.send()

    def _turn(self) -> None:
        with self.stop.at_most(to_next(CHECK_EVERY if self.has_work or self.is_any_parked else IDLE_CHECK_EVERY)):
            self._signal.wait()
        self._signal = Event()
        while not self.stop.is_given and self._try_what_is_ready():
            pass
        if self._reporting.is_over():
            self._report()

    def _try_what_is_ready(self) -> int:
        """One try of each event that is ready; returns how many there were."""
        with read(self.engine) as connection:
            self.has_work, self.is_any_parked = connection.execute(IS_ANY).one()
        if not self.has_work:
            return 0
        tried, result = self.untried.try_some()
        self.on_applied(result)
        with read(self.engine) as connection:
            ready = connection.scalars(READY).all()
        for parked_id in ready:
            self._try(parked_id)
        return tried + len(ready)

    def _try(self, parked_id: int) -> None:
        # Counted before it is made, so that an event that kills the process comes to an end as well.
        with Session(self.engine) as session, session.begin():
            claimed = session.scalar(self.claim, {"parked_id": parked_id})
        if claimed is None:
            return  # another replica has it
        event = Envelope.from_dict(claimed)
        try:
            with Session(self.engine) as session, session.begin():
                result = self._apply(session, parked_id, event)
        except Exception as fault:
            if is_unavailable(fault):
                raise
            self._note_failure(parked_id, event, fault)
        else:
            self.on_applied(result)

    def _apply(self, session: Session, parked_id: int, event: Envelope) -> BatchResult:
        cursor = lock_cursors(session, [event.aggregate])[event.aggregate]
        is_gone = session.scalar(DELETE, {"parked_id": parked_id}) is None
        if is_gone or event.sequence != cursor + 1:
            return BatchResult()  # another replica was quicker
        return self.applier.apply_next(session, event)

    def _note_failure(self, parked_id: int, event: Envelope, fault: Exception) -> None:
        reason = self.complaints.tell(event, fault, state_after(fault))
        noted = update(inbox_parked).where(parked.id == parked_id).values(**reason._asdict())
        if is_passing(fault):
            # What came out of its lone try with the process alive has its tries before it, as any other has.
            noted = noted.values(
                {parked.state: STATE_AFTER, parked.attempts: ATTEMPTS_AFTER, parked.next_attempt_at: NEXT_AFTER}
            )
        else:
            noted = noted.values(state=ParkedState.WAITING, next_attempt_at=None)
        with Session(self.engine) as session, session.begin():
            session.execute(noted)

    def _report(self) -> None:
        counts, oldest = {}, None
        if self.is_any_parked:
            with read(self.engine) as connection:
                counts = {state: number for state, number in connection.execute(COUNTS)}
                oldest = connection.scalar(OLDEST)
        for state in ParkedState:
            metrics.parked.labels(self.service, state).set(counts.get(state, 0))
        metrics.oldest_parked.labels(self.service).set(oldest or 0)


def _claim(retry_delays: Sequence[float]) -> Update:
    """Counts a try of one parked event, and says when the next would be; gives the event, if it is ready."""
    waits = case(*((parked.attempts == n, delay) for n, delay in enumerate(retry_delays)), else_=retry_delays[-1])
    is_last = parked.attempts >= len(retry_delays)
    free = select(parked.id).where(parked.id == bindparam("parked_id"), MAY_BE_TRIED)
    return (
        update(inbox_parked)
        .where(parked.id.in_(free.with_for_update(skip_locked=True)))
        .values(
            attempts=parked.attempts + 1,
            state=case((is_last, ParkedState.WAITING), else_=ParkedState.RETRYING),
            next_attempt_at=case((is_last, None), else_=func.now() + waits * text("interval '1 second'")),
        )
        .returning(parked.event)
    )
