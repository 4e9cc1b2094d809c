"""Takes events from the queue `<service>.inbox` and has them applied; acknowledges after the commit, once per batch.

One greenlet reads, one applies: while a batch waits for the database the next one is read. No exception leaves the
loops, since nameko would take the worker down: with the broker or the database away, nothing is acknowledged and the
loop tries again.
"""

from __future__ import annotations

import functools
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import amqp
import eventlet
from eventlet.event import Event
from eventlet.queue import Empty, LightQueue
from nameko.containers import WorkerContext
from nameko.extensions import SharedExtension
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.backoff import LONGEST_WAIT, back_off
from chassis.data import clock_of, engine_for, is_unavailable
from chassis.errors import Transient
from chassis.messaging import broker, wire
from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox import metrics, parking
from chassis.messaging.inbox.applying import Applier, Handler, Outcome, handlers_of
from chassis.messaging.inbox.dead_letters import DeadLetterKeeper
from chassis.messaging.inbox.gaps import GapCloser

log = logging.getLogger(__name__)

PREFETCH = 800
BATCH = 400
SPACING = 0.02  # seconds from one transaction's end to the next one's start, for more events to share it
TURN = 0.25  # seconds between two looks at whether to go on
SET_UP = 10  # seconds for the broker to begin delivering
HEARTBEAT = 20  # seconds; a broker that vanished without a word is noticed after two of them


class Delivery(NamedTuple):
    """A message as it came, with the channel that may acknowledge it."""

    channel: amqp.Channel
    tag: int
    raw: bytes

    @classmethod
    def of(cls, message: amqp.Message) -> Delivery:
        # Where no body follows, py-amqp leaves an empty text in its place.
        body = message.body
        return cls(message.channel, message.delivery_tag, body.encode() if isinstance(body, str) else bytes(body))


class Window:
    """What one connection has delivered and is still to be applied."""

    def __init__(self) -> None:
        self.queue: LightQueue = LightQueue()
        # An acknowledgement covers all before it, so after a batch that was neither applied nor parked there may be no
        # further one: the connection is given up, and the broker delivers all of it again.
        self.abandoned = False

    def next_batch(self, wait: float) -> list[Delivery]:
        """What is there, BATCH at most; waits for the first up to `wait` seconds."""
        try:
            batch = [self.queue.get(timeout=wait)]
        except Empty:
            return []
        while len(batch) < BATCH and not self.queue.empty():
            batch.append(self.queue.get_nowait())
        return batch


class Inbox(SharedExtension):
    """The inbox of one worker: its reader, its applier, and the loops that look after what is parked."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: set[str] = set()
        self.stopped = Event()
        self.applying = False
        self.window = Window()

    @property
    def stopping(self) -> bool:
        return bool(self.stopped.ready())

    def register(self, subscription: Any) -> None:
        for kind in subscription.types:
            if kind in self.kinds:
                raise ValueError(f"{kind} is applied by two handlers")
            self.kinds.add(kind)

    def setup(self) -> None:
        self.settings = self.container.config["cqo"]
        self.service: str = self.settings.service
        self.clock = clock_of(self.settings)

    @functools.cached_property
    def engine(self) -> Engine:
        return engine_for(self.settings.database_url, self.container.service_name)

    @functools.cached_property
    def applier(self) -> Applier:
        return Applier(self._handlers(), self.clock)

    def start(self) -> None:
        self.retrier = parking.Retrier(self)
        loops = (self.read, self.apply, self.retrier.run, DeadLetterKeeper(self).run, GapCloser(self).run)
        self.threads = [self.container.spawn_managed_thread(loop, loop.__qualname__) for loop in loops]

    def stop(self) -> None:
        """Ends the loops after the batches under way."""
        self.kill()
        for thread in self.threads:
            thread.wait()

    def kill(self) -> None:
        if not self.stopping:
            self.stopped.send()

    def pause(self, seconds: float) -> None:
        """Waits so long, or until the worker stops."""
        with eventlet.Timeout(seconds, False):
            self.stopped.wait()

    def forever(self, turn: Callable[[], object], what: str) -> None:
        """Runs `turn` until the worker stops, whatever it raises; waits a little longer after each failure in a row."""
        failures = 0
        while not self.stopping:
            started = time.monotonic()
            try:
                turn()
                failures = 0
            except Exception as fault:
                lost = isinstance(fault, broker.LOST) or is_unavailable(fault)
                log.warning("%s was interrupted: %s", what, fault, exc_info=None if lost else fault)
                failures = failures + 1 if time.monotonic() - started < LONGEST_WAIT else 1
                self.pause(back_off(failures))

    def consume(
        self, queue: str, on_delivery: Callable[[Delivery], None], prefetch: int, goes_on: Callable[[], bool]
    ) -> None:
        """Reads `queue` while `goes_on()`, asked once a TURN; raises one of broker.LOST when the connection is lost.

        `on_delivery` must not wait for anything: the deadline of the turn would strike in it.
        """
        connection = broker.connect(self.settings.amqp_url, f"{queue} reader", HEARTBEAT)
        try:
            wire.read_ahead(connection)
            with eventlet.Timeout(SET_UP, TimeoutError(f"the broker has not answered within {SET_UP} s")):
                channel = connection.channel()
                channel.auto_decode = False  # raw bytes: what can't be decoded must not be acknowledged unseen
                channel.basic_qos(0, prefetch, False)
                channel.basic_consume(queue, callback=lambda message: on_delivery(Delivery.of(message)))
            while goes_on():
                # One deadline for all that comes within a turn, not one for each frame. It can only strike while the
                # reader waits for the socket, and py-amqp then keeps what it has of a frame.
                with suppress(TimeoutError), eventlet.Timeout(TURN, TimeoutError):
                    while True:
                        connection.drain_events()
                connection.heartbeat_tick()
        finally:
            broker.close(connection)

    def read(self) -> None:
        def read_until_lost() -> None:
            # What an earlier connection delivered will be delivered again; its tags mean nothing on the new one.
            window = self.window = Window()

            def goes_on() -> bool:
                # When the worker stops, the batch under way is still to be acknowledged.
                return not window.abandoned and (self.applying or not self.stopping)

            self.consume(f"{self.service}.inbox", window.queue.put, PREFETCH, goes_on)

        self.forever(read_until_lost, "reading the inbox")

    def apply(self) -> None:
        self.forever(self._apply_next, "applying events")

    def _apply_next(self) -> None:
        window = self.window
        if window.abandoned:
            eventlet.sleep(0.05)  # until the reader has a new connection
            return
        batch = window.next_batch(wait=TURN)
        if not batch:
            return
        self.applying = True
        try:
            self._process(batch)
        except BaseException:
            window.abandoned = True
            raise
        finally:
            self.applying = False
        if window.queue.qsize() < BATCH:
            # An event that comes alone is applied at once; those of a busy minute share transactions.
            eventlet.sleep(SPACING)

    def _process(self, batch: Sequence[Delivery]) -> None:
        events = []
        last: Delivery | None = None
        for delivery in batch:
            try:
                events.append(Envelope.from_bytes(delivery.raw))
            except MalformedEvent as fault:
                log.error("a message that is not an event goes to the dead letters: %s", fault)
                _settle(delivery.channel.basic_reject, delivery.tag, requeue=False)
            else:
                last = delivery
        self.apply_until_done(events)
        if last is not None:
            _settle(last.channel.basic_ack, last.tag, multiple=True)

    def apply_until_done(self, events: Sequence[Envelope]) -> None:
        """Applies or parks `events`; while the database is away it waits, and ends early only when the worker stops."""
        failures = 0
        while events:
            try:
                with metrics.batch_seconds.labels(self.service).time():
                    self._apply_batch(events)
                return
            except Exception as fault:
                if not is_unavailable(fault) or self.stopping:
                    raise
                failures += 1
                log.warning("events wait for the database: %s", fault)
                eventlet.sleep(back_off(failures))

    def _apply_batch(self, events: Sequence[Envelope]) -> None:
        try:
            self._apply_together(events)
        except Exception as fault:
            if is_unavailable(fault):
                raise
            if len(events) > 1:
                log.info("a batch of %d failed and is applied one by one: %s", len(events), fault)
                for event in sorted(events, key=lambda event: event.sequence):
                    self._apply_batch([event])
                return
            self._park(events[0], fault)

    def _apply_together(self, events: Sequence[Envelope]) -> None:
        with Session(self.engine) as session, session.begin():
            outcome = self.applier.apply(session, events)
        self.count(outcome)
        if outcome.early:
            self.retrier.has_work = True
        self.retrier.wake()

    def _park(self, event: Envelope, fault: Exception) -> None:
        with Session(self.engine) as session, session.begin():
            state = parking.park_failed(session, event, fault)
        if isinstance(fault, Transient):
            log.info("%s %s waits for a next try: %s", event.type, event.id, fault)
        else:
            log.error("%s %s is parked (%s)", event.type, event.id, state, exc_info=fault)
        self.retrier.has_work = True
        metrics.parkings.labels(self.service, state).inc()

    def count(self, outcome: Outcome) -> None:
        now = self.clock.now()
        lag = metrics.lag.labels(self.service)
        for event in outcome.applied:
            lag.observe(max(0.0, (now - event.time).total_seconds()))
        for kind, number in Counter(event.type for event in outcome.applied).items():
            metrics.applied.labels(self.service, kind).inc(number)
        metrics.duplicates.labels(self.service).inc(outcome.duplicates)
        if outcome.early:
            metrics.parkings.labels(self.service, "blocked").inc(len(outcome.early))

    def _handlers(self) -> dict[str, Handler]:
        # nameko makes a service instance and injects its dependencies for each call, which costs more than applying
        # an event does. Handlers keep no state, so one instance serves all of them.
        service = self.container.service_cls()
        context = WorkerContext(self.container, service, next(iter(self.container.entrypoints)))
        for provider in self.container.dependencies:
            setattr(service, provider.attr_name, provider.get_dependency(context))
        return handlers_of(service)


def _settle(acknowledge: Callable[..., None], tag: int, **how: bool) -> None:
    """Tells the broker; if the connection is gone it will deliver again, and the cursor will know."""
    try:
        acknowledge(tag, **how)
    except broker.LOST as fault:
        log.info("an acknowledgement was lost with its connection: %s", fault)
