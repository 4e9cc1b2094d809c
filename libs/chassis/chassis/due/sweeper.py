"""`@sweep`: hands each due row to its handler once, in chunks, from a loop that goes on after any fault."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

import eventlet
from eventlet.event import Event
from eventlet.greenthread import GreenThread
from nameko.containers import WorkerContext
from nameko.extensions import Entrypoint, SharedExtension
from prometheus_client import Counter, Gauge
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from chassis.backoff import back_off
from chassis.clock import Clock
from chassis.data import clock_of, engine_for, is_contention, is_unavailable
from chassis.due import table
from chassis.due.table import DueRow
from chassis.ids import new_id
from chassis.logging import correlation
from chassis.settings import Settings
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)

POLL_EVERY = 2.0  # seconds between two looks at the table
CLOCK_CHECK_EVERY = 0.1  # seconds between two looks at a clock that can be moved, so that it is followed at once
REPORT_EVERY = 5  # seconds between two counts of what is overdue
CHUNK = 100  # rows handled in one transaction

settled = Counter("cqo_due_settled", "Due rows settled, by outcome.", ["service", "kind", "outcome"])
overdue_rows = Gauge(
    "cqo_due_overdue_rows", "Due rows whose day has come and that are not settled.", ["service", "kind"]
)
overdue_age = Gauge(
    "cqo_due_overdue_oldest_seconds", "Time since the oldest unsettled row fell due.", ["service", "kind"]
)

# One replica at a time sweeps a kind.
TAKE_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('cqo.due'), hashtext(:kind))")

Handler = Callable[[Session, DueRow], None]


class Swept(NamedTuple):
    """What came of one chunk: whether there may be more rows, or what went wrong with it."""

    more: bool = False
    fault: BaseException | None = None


Raised: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | None


class Sweeper(SharedExtension):  # type: ignore[misc]  # nameko has no types
    """The loop of one worker: asks once per turn which of its kinds have rows due, and has each swept."""

    def __init__(self) -> None:
        super().__init__()
        self.sweeps: dict[str, Sweep] = {}
        self.stop_signal = StopSignal()
        self.thread: GreenThread | None = None
        self.reported_at = 0.0

    def register(self, entrypoint: Sweep) -> None:
        if entrypoint.kind in self.sweeps:
            raise ValueError(f"{entrypoint.kind} is swept by two handlers")
        self.sweeps[entrypoint.kind] = entrypoint

    def setup(self) -> None:
        self.settings: Settings = self.container.config["cqo"]
        self.clock: Clock = clock_of(self.settings)

    @functools.cached_property
    def engine(self) -> Engine:
        return engine_for(self.settings.database_url, self.container.service_name)

    def start(self) -> None:
        self.thread = self.container.spawn_managed_thread(self.run, "sweeper")

    def stop(self) -> None:
        """Ends the loop after the chunk under way."""
        self.kill()
        if self.thread is not None:
            self.thread.wait()

    def kill(self) -> None:
        self.stop_signal.give()

    def run(self) -> None:
        failures = 0
        while not self.stop_signal.is_given:
            try:
                more = self.turn()
                failures = 0
            except (Exception, eventlet.Timeout) as fault:
                # nameko takes the container down when this loop raises; the rows wait, and the loop goes on.
                failures += 1
                more = False
                log.warning("due rows could not be swept: %s", fault, exc_info=None if is_unavailable(fault) else fault)
            if not more:
                self.wait(POLL_EVERY if not failures else back_off(failures))

    def wait(self, seconds: float) -> None:
        """Waits so long, or until another day begins."""
        step = CLOCK_CHECK_EVERY if self.clock.may_be_moved else seconds
        day, deadline = self.clock.today(), time.monotonic() + seconds
        while not self.stop_signal.is_given and time.monotonic() < deadline and self.clock.today() == day:
            self.stop_signal.wait(step)

    def turn(self) -> bool:
        """One look; True if there may be more to do at once."""
        with Session(self.engine) as session, session.begin():
            kinds = table.kinds_due(session, self.sweeps, self.clock.today())
        more = False
        for kind in sorted(kinds):
            more |= self.sweeps[kind].sweep_chunk()
        self.report()
        return more

    def report(self) -> None:
        """Counts what is overdue, for the metrics."""
        if time.monotonic() - self.reported_at < REPORT_EVERY:
            return
        with Session(self.engine) as session, session.begin():
            found = table.overdue(session, self.clock, self.sweeps)
        for kind in self.sweeps:
            count, age = found.get(kind, table.NOTHING_OVERDUE)
            overdue_rows.labels(self.settings.service, kind).set(count)
            overdue_age.labels(self.settings.service, kind).set(age)
        self.reported_at = time.monotonic()


class Chunk:
    """Up to CHUNK rows of one kind, handled in one transaction, each behind its own savepoint."""

    def __init__(self, sweeper: Sweeper, kind: str, deadline: float) -> None:
        self.sweeper = sweeper
        self.kind = kind
        self.seconds = deadline
        self.current: DueRow | None = None

    def run(self, handler: Handler) -> bool:
        """Handles the rows; True if there may be more of them."""
        try:
            with eventlet.Timeout(self.seconds) as self.deadline:
                return self._run(handler)
        except eventlet.Timeout as fault:
            if fault is not self.deadline or self.current is None:
                raise
            # The connection was given up in mid-query, and with it the chunk. The row is postponed by itself, so
            # that the others pass it at the next turn.
            self._postpone_alone(self.current, f"took longer than {self.seconds} s")
            return True

    def _run(self, handler: Handler) -> bool:
        clock = self.sweeper.clock
        today = clock.today()
        with Session(self.sweeper.engine, expire_on_commit=False) as session, session.begin():
            if not self._my_turn(session):
                return False
            rows = table.take(session, self.kind, today, CHUNK)
            tightest = table.latest(session, self.kind, {row.series for row in rows}, today)
            superseded = [row.id for row in rows if row.id not in tightest]
            done = [row.id for row in rows if row.id in tightest and self._handled(handler, session, row)]
            table.settle(session, superseded, "superseded", clock.now())
            table.settle(session, done, "done", clock.now())
        failed = len(rows) - len(done) - len(superseded)
        self._count(done=len(done), failed=failed, superseded=len(superseded))
        return len(rows) == CHUNK

    def _my_turn(self, session: Session) -> bool:
        """Whether this replica sweeps the kind now; another that does is left to it."""
        return bool(session.scalar(TAKE_TURN, {"kind": self.kind}))

    def _handled(self, handler: Handler, session: Session, row: DueRow) -> bool:
        self.current = row
        self._extend()
        correlation.bind(new_id())
        # What an earlier row loaded without a lock must not pass for what this one locks.
        session.expunge_all()
        try:
            with session.begin_nested():
                handler(session, row)
                session.flush()
        except Exception as fault:
            if is_unavailable(fault):
                raise
            # A row that met another transaction is tried again like the others; that is nobody's bug.
            level = logging.INFO if is_contention(fault) else logging.ERROR
            log.log(level, "a due row failed: %s %s, attempt %d", row.kind, row.key, row.attempts + 1, exc_info=fault)
            table.postpone(session, row.id, f"{type(fault).__name__}: {fault}")
            return False
        return True

    def _extend(self) -> None:
        """Gives each row the whole deadline."""
        self.deadline.cancel()
        self.deadline.start()

    def _postpone_alone(self, row: DueRow, reason: str) -> None:
        log.error("a due row failed: %s %s, attempt %d: %s", row.kind, row.key, row.attempts + 1, reason)
        with Session(self.sweeper.engine) as session, session.begin():
            table.postpone(session, row.id, reason)
        self._count(failed=1)

    def _count(self, **outcomes: int) -> None:
        for outcome, number in outcomes.items():
            if number:
                settled.labels(self.sweeper.settings.service, self.kind, outcome).inc(number)


class Sweep(Entrypoint):  # type: ignore[misc]  # nameko has no types
    """A handler of due rows of one kind."""

    sweeper = Sweeper()

    def __init__(self, kind: str, deadline: float = 60, **options: Any) -> None:  # Any: nameko's own
        super().__init__(**options)
        self.kind = kind
        self.deadline = deadline

    def setup(self) -> None:
        self.sweeper.register(self)

    def stop(self) -> None:
        # Before the container waits for its workers, so that none begins after that.
        self.sweeper.stop()

    def sweep_chunk(self) -> bool:
        """Has a nameko worker handle a chunk, and waits for it; True if there may be more rows."""
        chunk = Chunk(self.sweeper, self.kind, self.deadline)
        done: Event = Event()

        def handle_result(worker_ctx: WorkerContext, result: Swept, exc_info: Raised) -> tuple[Swept, Raised]:
            done.send((result, exc_info))
            return result, exc_info

        self.container.spawn_worker(self, (chunk,), {}, handle_result=handle_result)
        result, exc_info = done.wait()
        if exc_info is not None:
            raise exc_info[1]
        if result.fault is not None:
            raise result.fault
        return bool(result.more)


def sweep(kind: str, deadline: float = 60) -> Callable[[Callable[..., None]], Callable[..., Swept]]:
    """Declares the handler of due rows of `kind`: `def handler(self, session, row)`.

    It runs inside the transaction that settles the row. If it raises, its changes are undone and the row is tried
    again later, after 5 s at first and an hour at most; the other rows are not held up. `deadline`: the seconds that
    one row may take.
    """

    def decorate(handler: Callable[..., None]) -> Callable[..., Swept]:
        @functools.wraps(handler)
        def handle(service: object, chunk: Chunk) -> Swept:
            try:
                return Swept(chunk.run(functools.partial(handler, service)))
            except (Exception, eventlet.Timeout) as fault:
                # The loop answers for it; raised here, nameko would log it once more, or die of a Timeout.
                return Swept(fault=fault)

        # nameko registers the function it is given; this one runs a whole chunk.
        registered: Callable[..., Swept] = Sweep.decorator(kind, deadline)(handle)
        return registered

    return decorate
