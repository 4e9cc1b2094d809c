"""A sender: one database session, one connection of its channel, a few letters at a time.

Each transaction enters the answers to the letters before and takes the next ones. What a crash leaves in doubt is what
the sender held: one letter when little is to be sent, up to the connection's `at_once` when much is.

A process has several senders for a channel, in a row. The first is always there; each calls the next when it has
letters in its hands, so that one without any looks for more, and an idle process holds one session for a channel.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any

from eventlet.event import Event
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import engine_for, is_unavailable, wait_for_notification
from chassis.intervals import IDLE_AFTER, Interval, to_next
from chassis.security import CannotOpen
from chassis.stopping import StopSignal
from notifications.adapters.numbered_session import NumberTaken, connect_holding, turn_until_stopped
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.adapters.sending import metrics
from notifications.adapters.sending.connection import CannotCompose, Connection, Message, ServerDown
from notifications.config import Settings
from notifications.domain.notice import Outcome, Refused, Unanswered
from notifications.queries.letters import backlog
from notifications.storage import sealing
from notifications.usecases import bad_addresses, letters
from notifications.usecases.addresses import Unaddressed
from notifications.usecases.letters import Letter

log = logging.getLogger(__name__)

POLL = 30.0  # seconds between two looks for letters, unless one is to be tried again before; a notification comes first
LOOK_AGAIN = 1.0  # seconds until what could not be taken is looked for again: another sender has it just now
# Seconds between two looks for letters of senders that have died, and for addresses that have become known.
MAINTENANCE_EVERY = 10.0
# As a rule few letters wait, and so say the statistics on the night on which a hundred thousand fall due. The planner
# would then read all of them, by another index, and sort them for each few that are taken.
IN_THE_ORDER_OF_THE_INDEX = "SET enable_sort = off"
# After its own start a sender waits so long before it takes others for dead: after an outage of the database all of
# them come back, and each first enters the answer it still holds.
ORPHAN_GRACE = 3.0


def new_number() -> int:
    """By which a sender holds letters."""
    return secrets.randbelow(2**31 - 1) + 1


class Sender:
    """Sends until `stop` is given; whatever fails, it goes on."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        clock: Clock,
        personal_data: PersonalDataCipher,
        stop: StopSignal,
        before: Sender | None = None,
    ) -> None:
        """`before`: the sender of the same channel in this process that calls this one; None for the first.

        The first looks for what senders that died have left as well; one of a process is enough.
        """
        self.before = before
        self.next: Sender | None = None
        if before is not None:
            before.next = self
        self.called = Event()
        if before is None:
            self.called.send()
        self.has_letters = False  # taken, and their answers not yet entered
        self.idle_since = time.monotonic()
        self.settings = settings
        self.connection = connection
        self.channel = connection.channel
        self.labels = (settings.service, str(self.channel))
        self.clock = clock
        self.personal_data = personal_data
        self.stop = stop
        self.number = new_number()
        self.database: DatabaseConnection | None = None
        self.answered: list[tuple[Letter, Outcome]] = []  # not yet entered
        self.unaddressed = Unaddressed(self.channel)
        self.has_unsent = False  # some of what was taken was not handed over
        self.room = 1
        self.maintenance = Interval(MAINTENANCE_EVERY)
        self.poll = MAINTENANCE_EVERY if before is None else POLL
        self.due_in = self.poll  # seconds until a letter is to be sent

    def run(self) -> None:
        turn_until_stopped(self.turn, self.wait, self._report, self.stop)
        self.end()

    def turn(self) -> bool:
        """Enters the last answers, and hands the next letters over; False if there were none."""
        if not self.called.ready():
            return False
        if self.database is None:
            self.database = self._connect()
        self._maintain(self.database)
        taken = self._exchange(self.database)
        self.has_letters = bool(taken)
        if taken and self.next:
            self.next.call()
        for letter in taken:
            if self.stop.is_given or not self.connection.is_open:
                self.has_unsent = True
                break
            self.answered.append((letter, self._hand_over(letter)))
        self.room = min(2 * self.room, self.connection.at_once) if len(taken) == self.room else 1
        if taken:
            self.idle_since = time.monotonic()
            return True
        if self.before and not self.before.has_letters and time.monotonic() - self.idle_since > IDLE_AFTER:
            self._rest()
            return False
        self.due_in = self._next_due_in(self.database)
        if self.due_in <= 0 and not self.connection.is_open:
            self._open()
            return True
        self.connection.close_if_idle()
        return False

    def call(self) -> None:
        """Has this sender look for letters, as long as there are any or the one before it has some in its hands."""
        if not self.called.ready():
            self.idle_since = time.monotonic()
            self.called.send()

    def _rest(self) -> None:
        """Lets go of both connections until it is called. It holds no letters, and need not hold its number."""
        self.called, self.number = Event(), new_number()
        self.connection.close()
        self._drop_database()

    def wait(self) -> None:
        """Waits until there may be something to send, or a letter is to be tried again, but no longer than its poll.

        The database wakes the sender: the trigger `notify_letters` on the table `delivery` (migration 0019) notifies
        what this session listens to when a letter of its channel is written or is to be tried again.
        """
        if not self.called.ready():
            with self.stop.at_most(POLL):
                self.called.wait()
        elif self.database is not None:
            driver: Any = self.database.connection.dbapi_connection  # Any: SQLAlchemy does not say which driver's it is
            wait_for_notification(driver, min(to_next(self.poll), max(self.due_in, LOOK_AGAIN)), self.stop)

    def end(self) -> None:
        """Enters the last answers, gives back what was not handed over, and lets go of both connections."""
        self.connection.close()
        try:
            if self.database is not None:
                self._exchange(self.database)
        except Exception as fault:
            log.error("the answers to %d last letters could not be entered: %s", len(self.answered), fault)
        self._drop_database()

    def _connect(self) -> DatabaseConnection:
        """A session of its own, which holds this sender's number as long as it lives."""
        engine = engine_for(self.settings.database_url, f"{self.settings.service}-{self.channel}")
        wake_up = letters.wake_up_channel(self.channel)
        connection = connect_holding(engine, letters.SENDERS, self.number, [wake_up])
        try:
            with connection.begin():
                connection.exec_driver_sql(IN_THE_ORDER_OF_THE_INDEX)
            with Session(connection) as session, session.begin():
                letters.release(session, self.number, [letter.id for letter, _ in self.answered])
        except BaseException:
            connection.close()
            raise
        self.maintenance.begin_with(ORPHAN_GRACE)
        return connection

    def _exchange(self, database: DatabaseConnection) -> list[Letter]:
        """One transaction: the answers to the last letters go in, the next letters come out."""
        with Session(database, expire_on_commit=False) as session, session.begin():
            settled = letters.settle(session, self.answered, self.number, self.clock)
            for found, answer in settled.refused:
                bad = bad_addresses.flag(session, found, answer, self.personal_data, self.clock)
                metrics.bad_addresses.labels(*self.labels).inc(bad)
            if self.has_unsent:
                letters.release(session, self.number, [])
            # Without a server no letter is taken: while it is down they wait, and spend no attempts.
            taken = self._take(session) if self.connection.is_open else []
        self._count(settled.number)
        self.answered, self.has_unsent = [], False
        return taken

    def _take(self, session: Session) -> list[Letter]:
        return letters.take(session, self.channel, self.number, self.room, self.clock, self.connection.limits_of)

    def _count(self, entered: int) -> None:
        for _, outcome in self.answered:
            metrics.settled.labels(*self.labels, type(outcome).__name__.lower()).inc()
            if isinstance(outcome, Unanswered):
                metrics.repeated.labels(*self.labels).inc()
        if entered < len(self.answered):
            lost = len(self.answered) - entered
            log.warning("%d letters were taken over by another sender before their answers were entered", lost)

    def _hand_over(self, letter: Letter) -> Outcome:
        """Never raises: what came of a letter in this sender's hands has to be entered."""
        if not sealing.is_as_sealed(letter.delivery):
            log.error("delivery %s is not what was sealed: somebody has altered it in the tables", letter.id)
            return Refused("the notice is not what was sealed", permanent=True)
        try:
            address = self.personal_data.open_address(self.channel, letter.notice.recipient_id, letter.address)
            identity = letter.delivery.message_id or letter.id
            message = Message(identity, address, letter.text, letter.references, self.clock.now())
            return self.connection.send(message)
        except CannotOpen as fault:
            log.error("the address of delivery %s does not open with the configured keys", letter.id)
            return Refused(f"the address could not be opened: {fault}", permanent=False)
        except CannotCompose as fault:
            log.exception("delivery %s can't be put into a message", letter.id)
            return Refused(f"the letter could not be put into a message: {fault}", permanent=True)
        except Exception as fault:
            log.exception("delivery %s broke off", letter.id)
            self.connection.close()
            return Unanswered(f"broke off: {type(fault).__name__}")

    def _open(self) -> None:
        try:
            self.connection.open()
        except ServerDown:
            metrics.server_up.labels(*self.labels).set(0)
            raise
        metrics.server_up.labels(*self.labels).set(1)

    def _next_due_in(self, database: DatabaseConnection) -> float:
        with Session(database) as session, session.begin():
            return letters.next_due_in(session, self.channel)

    def _maintain(self, database: DatabaseConnection) -> None:
        if self.before or not self.maintenance.is_over():
            return
        with Session(database) as session, session.begin():
            orphans = letters.release_orphans(session, self.clock)
            addressed = self.unaddressed.readdress(session, self.clock)
            backlogs = backlog(session)
        for of in backlogs:
            labels = (self.settings.service, str(of.channel))
            metrics.waiting.labels(*labels).set(of.number)
            metrics.oldest.labels(*labels).set(of.age)
            metrics.unknown.labels(*labels).set(of.unknown)
            for limit, number in of.limited.items():
                metrics.limited.labels(*labels, limit).set(number)
        for channel, number in orphans.items():
            metrics.repeated.labels(self.settings.service, channel).inc(number)
            log.warning("%d letters by %s of senders that died may have been taken", number, channel)
        if addressed:
            log.info("%d letters by %s have got an address and are sent now", addressed, self.channel)

    def _report(self, fault: Exception) -> None:
        expected = isinstance(fault, ServerDown | NumberTaken) or is_unavailable(fault)
        log.warning("letters wait: %s", fault, exc_info=None if expected else fault)
        if not isinstance(fault, ServerDown):
            self._drop_database()

    def _drop_database(self) -> None:
        database, self.database = self.database, None
        if database is not None:
            database.close()
