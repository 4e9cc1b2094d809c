"""`@sweep`: has the rows of each kind that have fallen due handled, from a loop that goes on after any fault."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from datetime import date
from types import TracebackType
from typing import Any, TypeAlias

import eventlet
from eventlet.event import Event
from eventlet.greenthread import GreenThread
from nameko.containers import WorkerContext
from nameko.extensions import Entrypoint, SharedExtension
from prometheus_client import Gauge
from sqlalchemy import Engine

from chassis.backoff import back_off
from chassis.clock import Clock
from chassis.data import clock_of, engine_for, is_unavailable, read
from chassis.due import table
from chassis.due.chunk import Chunk, Swept
from chassis.intervals import Interval, Rest
from chassis.settings import Settings
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)

POLL_EVERY = 2.0  # seconds between two looks at the table
POLL_IDLE_EVERY = 10.0  # the same when nothing has been due for a while
CLOCK_CHECK_EVERY = 0.1  # seconds between two looks at a clock that was moved before, so that it is followed at once
REPORT_EVERY = 10  # seconds between two counts of what is overdue

overdue_rows = Gauge(
    "cqo_due_overdue_rows", "Due rows whose day has come and that are not settled.", ["service", "kind"]
)
overdue_age = Gauge(
    "cqo_due_overdue_oldest_seconds", "Time since the oldest unsettled row fell due.", ["service", "kind"]
)

Raised: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | None


class Sweeper(SharedExtension):  # type: ignore[misc]  # nameko has no types
    """The loop of one worker: asks once per turn which of its kinds have rows due, and has each swept."""

    def __init__(self) -> None:
        super().__init__()
        self.sweeps: dict[str, Sweep] = {}
        self.stop_signal = StopSignal()
        self.thread: GreenThread | None = None
        self.reporting = Interval(REPORT_EVERY)
        self.rest = Rest(POLL_EVERY, POLL_IDLE_EVERY)

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
            day = self.clock.today()
            try:
                more = self.turn()
                failures = 0
            except (Exception, eventlet.Timeout) as fault:
                # nameko takes the container down when this loop raises; the rows wait, and the loop goes on.
                failures += 1
                more = False
                log.warning("due rows could not be swept: %s", fault, exc_info=None if is_unavailable(fault) else fault)
            if not more:
                self.wait(back_off(failures) if failures else self.rest.left(), day)

    def wait(self, seconds: float, day: date) -> None:
        """Waits so long, or until it is another day than `day`, that of the last look."""
        step = CLOCK_CHECK_EVERY if self.clock.was_moved else seconds
        deadline = time.monotonic() + seconds
        while not self.stop_signal.is_given and time.monotonic() < deadline and self.clock.today() == day:
            self.stop_signal.wait(step)

    def turn(self) -> bool:
        """One look; True if there may be more to do at once."""
        with read(self.engine) as connection:
            kinds = table.kinds_due(connection, self.sweeps, self.clock.today())
        if kinds:
            self.rest.note_work()
        more = False
        for kind in sorted(kinds):
            more |= self.sweeps[kind].sweep_chunk()
        self.report()
        return more

    def report(self) -> None:
        """Counts what is overdue, for the metrics."""
        if not self.reporting.is_over():
            return
        with read(self.engine) as connection:
            found = table.overdue(connection, self.clock, self.sweeps)
        for kind in self.sweeps:
            count, age = found.get(kind, table.NOTHING_OVERDUE)
            overdue_rows.labels(self.settings.service, kind).set(count)
            overdue_age.labels(self.settings.service, kind).set(age)


class Sweep(Entrypoint):  # type: ignore[misc]  # nameko has no types
    """A handler of due rows of one kind."""

    sweeper = Sweeper()

    def __init__(self, kind: str, **options: Any) -> None:  # Any: nameko's own
        super().__init__(**options)
        self.kind = kind
        self.one_by_one = False

    def setup(self) -> None:
        self.sweeper.register(self)

    def stop(self) -> None:
        # Before the container waits for its workers, so that none begins after that.
        self.sweeper.stop()

    def sweep_chunk(self) -> bool:
        """Has a nameko worker handle a chunk, and waits for it; True if there may be more rows."""
        chunk = Chunk(
            self.sweeper.engine, self.sweeper.clock, self.sweeper.settings.service, self.kind, self.one_by_one
        )
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
        self.one_by_one = result.one_by_one
        return bool(result.more)


def sweep(kind: str, deadline: float = 60) -> Callable[[Callable[..., None]], Callable[..., Swept]]:
    """Declares the handler of due rows of `kind`: `def handler(self, session, rows)`.

    It gets up to CHUNK rows at once, no two of one series, inside the transaction that settles them. If it raises, its
    changes are undone and the rows are handed over again in parts, until those that fail stand alone. Such a row is
    tried again later and by itself, after 5 s at first and an hour at most; the others are not held up. `deadline`: the
    seconds that the handler may take at once; after that the rows are handed over one by one.
    """

    def decorate(handler: Callable[..., None]) -> Callable[..., Swept]:
        @functools.wraps(handler)
        def handle(service: object, chunk: Chunk) -> Swept:
            try:
                return chunk.run(functools.partial(handler, service), deadline)
            except (Exception, eventlet.Timeout) as fault:
                # The loop answers for it; raised here, nameko would log it once more, or die of a Timeout.
                return Swept(fault=fault)

        # nameko registers the function it is given; this one runs a whole chunk.
        registered: Callable[..., Swept] = Sweep.decorator(kind)(handle)
        return registered

    return decorate
