"""Takes events from the queue `<service>.inbox` and has them applied; acknowledges after the commit, once per batch.

One greenlet reads, one applies: while a batch waits for the database the next one is read. No exception leaves the
loops: with the broker or the database away, nothing is acknowledged and the loop tries again.
"""

from __future__ import annotations

import functools
import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import eventlet
from nameko.containers import WorkerContext
from nameko.extensions import SharedExtension
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.backoff import back_off
from chassis.clock import Clock
from chassis.data import clock_of, engine_for, is_contention, is_unavailable
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox import metrics, parking, passing
from chassis.messaging.inbox.agreement import Agreement
from chassis.messaging.inbox.applying import Applier, BatchResult, handlers_of, park_unapplied
from chassis.messaging.inbox.complaints import Complaints
from chassis.messaging.inbox.dead_letters import DeadLetterReader
from chassis.messaging.inbox.deliveries import MOST_RETURNS, Window, consume, decode
from chassis.messaging.inbox.faults import HandlerTooSlow, SetAside
from chassis.messaging.inbox.gaps import GapCloser
from chassis.messaging.inbox.listening import listener_of
from chassis.messaging.inbox.parking import ToPark
from chassis.messaging.inbox.patience import Patience
from chassis.messaging.inbox.retrying import Retrier
from chassis.messaging.inbox.sifting import sift
from chassis.messaging.inbox.tables import ParkedState
from chassis.messaging.inbox.timings import Timings, timings_of
from chassis.messaging.loops import repeat
from chassis.settings import Settings
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)

PREFETCH = 800
SPACING = 0.02  # seconds from one transaction's end to the next one's start, for more events to share it
RECONNECT_CHECK = 0.05  # seconds between two looks at whether the reader has a new connection
SIFTS_FOR = 5  # seconds after a batch that failed, in which the next ones are not first tried as a whole
CONTENTION_TRIES = 3  # of a batch that met another transaction, before its events are tried one by one


class Inbox(SharedExtension):  # type: ignore[misc]  # nameko has no types
    """The inbox of one worker: its reader, its applier, and the loops that look after what is parked."""

    def __init__(self) -> None:
        super().__init__()
        self.types: set[str] = set()
        self.stop_signal = StopSignal()
        self.window = Window()
        self.complaints = Complaints()
        self.patience = Patience()
        self.is_applying = False
        self.sifts_until = 0.0
        self.refused_before: dict[str, datetime] = {}

    def register(self, types: Sequence[str]) -> None:
        """Says that a handler applies events of these types."""
        for kind in types:
            if kind in self.types:
                raise ValueError(f"{kind} is applied by two handlers")
            self.types.add(kind)

    def setup(self) -> None:
        self.settings: Settings = self.container.config["cqo"]
        self.service: str = self.settings.service
        self.clock: Clock = clock_of(self.settings)
        self.timings: Timings = timings_of(self.container.service_cls)

    def start(self) -> None:
        dead_letters = DeadLetterReader(
            self.settings.amqp_url,
            self.engine,
            self.service,
            self.stop_signal,
            len(self.timings.retry_delays),
            lambda: self.retrier.wake(is_parked=True),
        )
        gaps = GapCloser(self.settings, self.engine, self.stop_signal, self.timings, self.apply_until_done)
        ours = self.settings, self.engine, self.stop_signal, self.timings, self.apply_until_done
        agreement = Agreement(*ours, self.types, self.learn_beginnings)
        loops = {
            "inbox reader": lambda: repeat(self._read_until_lost, "reading the inbox", self.stop_signal),
            "inbox applier": lambda: repeat(self._apply_next_batch, "applying events", self.stop_signal),
            "inbox retrier": lambda: self.retrier.run(),
            "dead letter reader": dead_letters.run,
            "gap closer": gaps.run,
            "agreement": agreement.run,
        }
        self.threads = [self.container.spawn_managed_thread(loop, name) for name, loop in loops.items()]

    def stop(self) -> None:
        """Ends the loops after the batches under way."""
        self.kill()
        for thread in self.threads:
            thread.wait()

    def kill(self) -> None:
        self.stop_signal.give()
        if not self.is_applying:  # else the batch under way is still to be acknowledged
            self.window.ending.give()

    @functools.cached_property
    def engine(self) -> Engine:
        return engine_for(self.settings.database_url, self.container.service_name)

    # Made by the loops, when all that a handler depends on has been started.
    @functools.cached_property
    def applier(self) -> Applier:
        # nameko makes a service instance and injects its dependencies for each call, which costs more than applying
        # an event does. Handlers keep no state, so one instance serves all of them.
        service = self.container.service_cls()
        context = WorkerContext(self.container, service, next(iter(self.container.entrypoints)))
        for provider in self.container.dependencies:
            setattr(service, provider.attr_name, provider.get_dependency(context))
        with Session(self.engine) as session, session.begin():
            self.learn_beginnings(session)
        return Applier(handlers_of(service), self.refused_before, listener_of(service))

    def learn_beginnings(self, session: Session) -> None:
        """Which events can be late duplicates only; a comparison may have found that more have passed."""
        self.refused_before.update(passing.refused_before(session))

    @functools.cached_property
    def retrier(self) -> Retrier:
        return Retrier(
            self.engine,
            self.service,
            self.stop_signal,
            self.applier,
            self.timings.retry_delays,
            self.complaints,
            self._count,
        )

    def _read_until_lost(self) -> None:
        # What an earlier connection delivered will be delivered again; its tags mean nothing on the new one.
        window = self.window = Window()
        try:
            consume(self.settings.amqp_url, f"{self.service}.inbox", window.queue.put, PREFETCH, window.ending)
        finally:
            window.ending.give()

    def _apply_next_batch(self) -> None:
        """Applies what has been delivered, then acknowledges it; what is no event is a dead letter."""
        window = self.window
        if window.is_abandoned:
            eventlet.sleep(RECONNECT_CHECK)
            return
        batch = window.next_batch()
        if not batch:
            return
        self.is_applying = True
        try:
            readable, events, suspects = decode(batch)
            self._set_apart(suspects)
            self.apply_until_done(events)
            if readable:
                readable[-1].acknowledge_all_so_far()
        except BaseException:
            window.ending.give()
            raise
        finally:
            self.is_applying = False
            if self.stop_signal.is_given:
                window.ending.give()
        if window.is_low:
            # An event that comes alone is applied at once; those of a busy minute share transactions.
            eventlet.sleep(SPACING)

    def _set_apart(self, suspects: Sequence[Envelope]) -> None:
        """Parks what the broker has had back too often, so that each is tried alone, and the others go on."""
        if not suspects:
            return
        with Session(self.engine) as session, session.begin():
            parking.park_suspects(session, suspects, tries=len(self.timings.retry_delays))
        log.warning("%d events came back %d times and are tried one by one", len(suspects), MOST_RETURNS)
        metrics.parkings.labels(self.service, ParkedState.RETRYING).inc(len(suspects))
        self.retrier.wake(is_parked=True)

    def apply_until_done(self, events: Sequence[Envelope]) -> None:
        """Applies `events` in one transaction, or else part by part, and parks those that fail.

        While the database is away it waits, and raises only when the worker stops meanwhile.
        """
        failures = 0
        while events:
            is_sifted = time.monotonic() < self.sifts_until or any(self.patience.is_out(each.type) for each in events)
            try:
                with metrics.batch_seconds.labels(self.service).time():
                    self._sift(events) if is_sifted else self._apply(events)
                return
            except Exception as fault:
                failures += 1
                events = self._left_after(fault, events, failures, is_sifted)

    def _apply(self, events: Sequence[Envelope]) -> None:
        """Applies `events` in one transaction; a handler's fault comes out as it is."""
        with Session(self.engine) as session, session.begin():
            result = self.applier.apply(session, events)
        self._count(result)
        # What was applied may be what a parked event has waited for.
        self.retrier.wake(is_parked=bool(result.early))

    def _left_after(
        self, fault: Exception, events: Sequence[Envelope], failures: int, is_sifted: bool
    ) -> Sequence[Envelope]:
        """Deals with the n-th failure in a row; returns the events that are still to be applied together."""
        if is_unavailable(fault) and self.stop_signal.is_given:
            raise fault
        if is_unavailable(fault) or (is_contention(fault) and failures < CONTENTION_TRIES):
            log.warning("%d events are applied again in a moment: %s", len(events), fault)
            self.stop_signal.wait(back_off(failures))
            return events
        if isinstance(fault, HandlerTooSlow):
            self.patience.spend(fault.kind, fault.seconds)
            is_sifted = False  # once more, its type set aside
        if len(events) > 1 and not (is_sifted or is_contention(fault)):
            self.sifts_until = time.monotonic() + SIFTS_FOR
            return events
        if len(events) > 1:
            log.info("a batch of %d failed and is applied one by one: %s", len(events), fault)
            for event in sorted(events, key=lambda event: event.sequence):
                self.apply_until_done([event])
            return ()
        try:
            self._park(events[0], fault)
        except Exception as refused:
            if not is_unavailable(refused) or self.stop_signal.is_given:
                raise
            return events
        return ()

    def _sift(self, events: Sequence[Envelope]) -> None:
        """Applies what can be applied of a batch that failed, and parks what can't."""
        with Session(self.engine) as session, session.begin():
            result, failures = sift(session, self.applier, events, self.patience)
            parking.park_many(session, [self._to_park(event, fault) for event, fault in failures])
            park_unapplied(session, result)
        for state, number in Counter(parking.state_after(failure.fault) for failure in failures).items():
            metrics.parkings.labels(self.service, state).inc(number)
        aside = Counter(failure.event.type for failure in failures if isinstance(failure.fault, SetAside))
        for kind, number in aside.items():
            self.patience.tell(kind, number)
        if failures:
            self.sifts_until = time.monotonic() + SIFTS_FOR
        self._count(result)
        self.retrier.wake(is_parked=True)

    def _to_park(self, event: Envelope, fault: Exception) -> ToPark:
        delays = self.timings.retry_delays
        return ToPark.failed(event, fault, self.complaints.tell(event, fault, parking.state_after(fault)), delays)

    def _park(self, event: Envelope, fault: Exception) -> None:
        with Session(self.engine) as session, session.begin():
            why = self.complaints.tell(event, fault, parking.state_after(fault))
            state = parking.park_failed(session, event, fault, self.timings.retry_delays, why)
        self.retrier.wake(is_parked=True)
        metrics.parkings.labels(self.service, state).inc()

    def _count(self, result: BatchResult) -> None:
        """Counts, for the metrics, what has been committed."""
        now = self.clock.now()
        lag = metrics.lag.labels(self.service)
        for event in result.applied:
            lag.observe(max(0.0, (now - event.time).total_seconds()))
        for kind, number in Counter(event.type for event in result.applied).items():
            metrics.applied.labels(self.service, kind).inc(number)
        metrics.duplicates.labels(self.service).inc(result.duplicates)
        if result.conflicts:
            metrics.parkings.labels(self.service, ParkedState.CONFLICT).inc(len(result.conflicts))
        if result.early:
            metrics.parkings.labels(self.service, ParkedState.BLOCKED).inc(len(result.early))
