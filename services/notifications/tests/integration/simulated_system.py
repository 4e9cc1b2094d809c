"""The service, driven by hand: its inbox, its sweep and a sender, each of which may be down, and a clock that jumps."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.due.chunk import Chunk
from chassis.due.sweeper import Sweep
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.applying import Applier, handlers_of
from chassis.stopping import StopSignal
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.adapters.sending.connection import Message, ServerDown
from notifications.adapters.sending.sender import Sender
from notifications.domain.notice import Accepted, Channel, Outcome, Refused, Unanswered
from notifications.handlers import planning, replanning
from notifications.usecases import counting
from notifications.worker import Worker

AT_ONCE = 200  # events in a batch
CRASHES, DUPLICATES = 0.02, 0.03  # how often a batch, or an event
LONGEST = 7  # days of an outage
PASSED = text(
    "UPDATE delivery SET next_attempt_at = next_attempt_at - make_interval(secs => :seconds) WHERE state = 'pending'"
)


class Crash(Exception):
    """The process dies."""


@dataclass
class Outages:
    """Which part is down for how many more days."""

    rng: random.Random
    down: dict[str, int] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    PARTS = ("registry", "training", "worker", "sweeper", "sender", "mail server")

    def next_day(self) -> None:
        before = self.down
        self.down = {part: days - 1 for part, days in before.items() if days > 1}
        for part in self.PARTS:
            # Between two of its outages it is up for a day.
            if part not in before and self.rng.random() < 0.02:
                self.down[part] = self.rng.randint(1, LONGEST)
                self.seen[part] += 1

    def is_up(self, part: str) -> bool:
        return part not in self.down


@dataclass
class Post:
    """A mail server that takes what it is given, most of the time; `taken` are all messages that it really took."""

    rng: random.Random
    is_up: Callable[[], bool]
    look: Callable[[Message], None]
    is_open: bool = False
    taken: list[Message] = field(default_factory=list)
    unanswered: Counter[str] = field(default_factory=Counter)
    channel = Channel.EMAIL
    at_once = 10
    limits_of = None

    def open(self) -> None:
        if not self.is_up():
            raise ServerDown("down")
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def close_if_idle(self) -> None:
        """It stays."""

    def send(self, message: Message) -> Outcome:
        luck = self.rng.random()
        if luck < 0.01:
            return Refused("451 not now", permanent=False)
        if luck < 0.015:
            self.close()
            return Refused("connection lost before the letter was handed over", permanent=False)
        if luck >= 0.02:
            self._take(message)
            return Accepted("250 2.0.0 taken")
        self.unanswered[message.identity] += 1
        if luck < 0.0175:
            self._take(message)
        self.close()
        return Unanswered("connection lost before the answer")

    def _take(self, message: Message) -> None:
        self.taken.append(message)
        self.look(message)


class System:
    """Everything of notifications that works without being asked, on a database of its own."""

    def __init__(
        self,
        url: str,
        engine: Engine,
        clock: FixedClock,
        personal_data: PersonalDataCipher,
        rng: random.Random,
        oracle: Any,  # Any: what is told of each event applied, each sweep, and each message taken
    ) -> None:
        self.url, self.engine, self.clock, self.rng, self.oracle = url, engine, clock, rng, oracle
        self.personal_data = personal_data
        # Each draws for itself: how often a sender turns must not decide what else happens.
        self.outages = Outages(random.Random(rng.random()))
        self.worker = Worker()
        self.worker.clock, self.worker.personal_data = clock, personal_data
        self.applier = Applier(handlers_of(self.worker))
        self.queue: deque[Envelope] = deque()
        self.post = Post(random.Random(rng.random()), lambda: self.outages.is_up("mail server"), oracle.taken)
        self.sender: Sender | None = None
        self.figures: Counter[str] = Counter()
        self.days = 0

    def receive(self, events: Sequence[Envelope]) -> None:
        """The broker has these from their publishers."""
        self.queue.extend(events)

    def work(self) -> None:
        """A while in which each part that is up does all that there is for it to do."""
        if self.outages.is_up("worker"):
            self._apply()
            if self.days % 5 == 0:
                self._plan()
        self.days += 1
        if self.outages.is_up("sweeper"):
            self._sweep()
        self.oracle.look_at_what_is_shown()
        if self.outages.is_up("sender"):
            self._send()

    def pass_time(self, by: timedelta) -> None:
        """Letters wait by the machine's clock, which here stands still."""
        with self.engine.begin() as connection:
            connection.execute(PASSED, {"seconds": by.total_seconds()})

    def _apply(self) -> None:
        while self.queue:
            batch = [self.queue.popleft() for _ in range(min(AT_ONCE, len(self.queue)))]
            again = [each for each in batch if self.rng.random() < DUPLICATES]
            crash = self.rng.random()
            try:
                applied = self._transaction([*batch, *again], dies=crash < CRASHES / 2)
            except Crash:
                self.figures["batches rolled back"] += 1
                self.queue.extendleft(reversed(batch))
                continue
            self.oracle.applied(applied)
            if crash > 1 - CRASHES / 2:
                # It died after the commit and before the broker heard of it.
                self.figures["batches delivered twice"] += 1
                self.queue.extendleft(reversed(batch))

    def _transaction(self, events: list[Envelope], dies: bool) -> list[Envelope]:
        with Session(self.engine) as session, session.begin():
            result = self.applier.apply(session, events)
            session.flush()
            if dies:
                raise Crash
        self.figures["events"] += len(result.applied)
        self.figures["duplicates ignored"] += result.duplicates
        return result.applied

    def _plan(self) -> None:
        """What the upkeep does."""
        settings: Any = SimpleNamespace(notice_days=400)
        for job in (replanning.replan, counting.add_changes):
            more = True
            while more:
                with Session(self.engine) as session, session.begin():
                    more = bool(job(session, self.clock.now(), settings))

    def _sweep(self) -> None:
        for kind in (planning.DUE, planning.ESCALATED):
            handle = next(
                getattr(Worker, name)
                for name in dir(Worker)
                for entrypoint in getattr(getattr(Worker, name), "nameko_entrypoints", ())
                if isinstance(entrypoint, Sweep) and entrypoint.kind == kind
            )
            more = True
            while more:
                chunk = Chunk(self.engine, self.clock, "notifications", kind)
                if self.rng.random() < CRASHES:
                    self._die_in(chunk, handle)
                swept = handle(self.worker, chunk)
                assert swept.fault is None, swept.fault
                more = swept.more
        self.oracle.swept()

    def _die_in(self, chunk: Chunk, handle: Callable[..., Any]) -> None:  # Any: what a sweep gives
        """The sweep of a chunk dies before it commits."""

        def die(session: Session) -> None:
            if not session.in_nested_transaction():
                raise Crash

        event.listen(Session, "before_commit", die)
        try:
            handle(self.worker, chunk)
        finally:
            event.remove(Session, "before_commit", die)
        self.figures["sweeps died"] += 1

    def _send(self) -> None:
        sender = self._present_sender()
        for _ in range(10_000):
            if self.rng.random() < CRASHES / 4 and sender.database is not None:
                sender = self._kill(sender)
            try:
                # It also pauses where it has met nothing but letters without an address.
                if not sender.turn() and sender.due_in > 0:
                    return
            except ServerDown:
                return
        raise AssertionError("the sender comes to no end")

    def _present_sender(self) -> Sender:
        if self.sender is None:
            settings: Any = SimpleNamespace(service="notifications", database_url=self.url)
            self.sender = Sender(settings, self.post, self.clock, self.personal_data, StopSignal())
        return self.sender

    def _kill(self, sender: Sender) -> Sender:
        """It dies with letters in its hands: what came of the last ones is entered by nobody."""
        assert sender.database is not None
        for letter, _ in sender.answered:
            self.post.unanswered[letter.delivery.message_id or letter.id] += 1
        sender.database.close()
        self.post.close()
        self.sender = None
        self.figures["senders died"] += 1
        return self._present_sender()
