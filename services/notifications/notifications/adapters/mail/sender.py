"""A sender: one database session, one connection to the mail server, a few letters at a time.

Each transaction enters the answers to the letters before and takes the next ones. What a crash leaves in doubt is what
the sender held: one letter when little is to be sent, up to MAX_LETTERS when much is.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.backoff import back_off
from chassis.clock import Clock
from chassis.data import engine_for, is_unavailable, wait_for_notification
from chassis.security import CannotOpen
from chassis.stopping import StopSignal
from notifications.adapters import texts
from notifications.adapters.mail import metrics
from notifications.adapters.mail.connection import Connection, MailServerDown
from notifications.adapters.mail.message import compose
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.config import Settings
from notifications.domain.notice import Refused, SmtpResult, Unanswered
from notifications.queries.mail import backlog
from notifications.usecases import letters
from notifications.usecases.letters import Letter

log = logging.getLogger(__name__)

POLL = 5.0  # seconds between two looks for letters, unless one is to be tried again before; a notification comes first
LOOK_AGAIN = 1.0  # seconds until what could not be taken is looked for again: another sender has it just now
# Seconds between two looks for letters of senders that have died, and for addresses that have become known.
MAINTENANCE_EVERY = 5.0
# After its own start a sender waits so long before it takes others for dead: after an outage of the database all of
# them come back, and each first enters the answer it still holds.
ORPHAN_GRACE = 3.0
MAX_LETTERS = 10  # letters taken in one transaction; a commit for each would cost more than the sending


class SenderIdTaken(Exception):
    """The database still holds this sender's number for its lost session."""


class Sender:
    """Sends until `stop` is given; whatever fails, it goes on."""

    def __init__(self, settings: Settings, clock: Clock, personal_data: PersonalDataCipher, stop: StopSignal) -> None:
        self.settings = settings
        self.service: str = settings.service
        self.clock = clock
        self.personal_data = personal_data
        self.stop = stop
        self.number = secrets.randbelow(2**31 - 1) + 1
        self.mail = Connection(settings.smtp_url, settings.smtp_ca)
        self.database: DatabaseConnection | None = None
        self.answered: list[tuple[Letter, SmtpResult]] = []  # not yet entered
        self.unaddressed = letters.Unaddressed()
        self.has_unsent = False  # some of what was taken was not handed over
        self.room = 1
        self.maintained_at = 0.0
        self.due_in = POLL  # seconds until a letter is to be sent

    def run(self) -> None:
        failures = 0
        while not self.stop.is_given:
            try:
                if not self.turn():
                    self.wait()
                failures = 0
            except Exception as fault:
                # nameko takes the container down when this loop raises; letters wait in the database.
                failures += 1
                self._report(fault)
                self.stop.wait(back_off(failures))
        self.end()

    def turn(self) -> bool:
        """Enters the last answers, and hands the next letters over; False if there were none."""
        if self.database is None:
            self.database = self._connect()
        self._maintain(self.database)
        taken = self._exchange(self.database)
        for letter in taken:
            if self.stop.is_given or not self.mail.is_open:
                self.has_unsent = True
                break
            self.answered.append((letter, self._hand_over(letter)))
        self.room = min(2 * self.room, MAX_LETTERS) if len(taken) == self.room else 1
        if taken:
            return True
        self.due_in = self._next_due_in(self.database)
        if self.due_in <= 0 and not self.mail.is_open:
            self._open_mail()
            return True
        self.mail.close_if_idle()
        return False

    def wait(self) -> None:
        """Waits until there may be something to send, but no longer than POLL, or until a letter is to be tried again.

        The database wakes the sender: the trigger `notify_letters` on the table `delivery` (migration 0002) notifies
        the channel `letters.WAKE_UP_CHANNEL`, to which this session listens, when a letter is written or is to be
        tried again.
        """
        if self.database is not None:
            driver: Any = self.database.connection.dbapi_connection  # Any: SQLAlchemy does not say which driver's it is
            wait_for_notification(driver, min(POLL, max(self.due_in, LOOK_AGAIN)), self.stop)

    def end(self) -> None:
        """Enters the last answers, gives back what was not handed over, and lets go of both connections."""
        self.mail.close()
        try:
            if self.database is not None:
                self._exchange(self.database)
        except Exception as fault:
            log.error("the answers to %d last letters could not be entered: %s", len(self.answered), fault)
        self._drop_database()

    def _connect(self) -> DatabaseConnection:
        """A session of its own, which holds this sender's number as long as it lives."""
        connection = engine_for(self.settings.database_url, f"{self.service}-mail").connect()
        # Out of the pool: the lock has to go with the connection.
        connection.detach()
        try:
            with connection.begin():
                lock = select(func.pg_try_advisory_lock(letters.SENDERS, self.number))
                if not connection.scalar(lock):
                    raise SenderIdTaken(SenderIdTaken.__doc__)
                connection.exec_driver_sql(f"LISTEN {letters.WAKE_UP_CHANNEL}")
            with Session(connection) as session, session.begin():
                letters.release(session, self.number, [letter.id for letter, _ in self.answered])
        except BaseException:
            connection.close()
            raise
        self.maintained_at = time.monotonic() + ORPHAN_GRACE - MAINTENANCE_EVERY
        return connection

    def _exchange(self, database: DatabaseConnection) -> list[Letter]:
        """One transaction: the answers to the last letters go in, the next letters come out."""
        with Session(database, expire_on_commit=False) as session, session.begin():
            entered = letters.settle(session, self.answered, self.number, self.clock)
            if self.has_unsent:
                letters.release(session, self.number, [])
            # Without a mail server no letter is taken: while it is down they wait, and spend no attempts.
            taken = letters.take(session, self.number, self.room, self.clock) if self.mail.is_open else []
        self._count(entered)
        self.answered, self.has_unsent = [], False
        return taken

    def _count(self, entered: int) -> None:
        for _, result in self.answered:
            metrics.settled.labels(self.service, type(result).__name__.lower()).inc()
            if isinstance(result, Unanswered):
                metrics.repeated.labels(self.service).inc()
        if entered < len(self.answered):
            lost = len(self.answered) - entered
            log.warning("%d letters were taken over by another sender before their answers were entered", lost)

    def _hand_over(self, letter: Letter) -> SmtpResult:
        """Never raises: what came of a letter in this sender's hands has to be entered."""
        try:
            notice, sender = letter.notice, self.settings.mail_from
            recipient = self.personal_data.open_email(notice.recipient_id, letter.address)
            text = texts.Text(notice.subject, notice.body)
            content = compose(letter.id, notice.id, sender, recipient, text, self.clock.now())
        except CannotOpen as fault:
            log.error("the address of delivery %s does not open with the configured keys", letter.id)
            return Refused(f"the address could not be opened: {fault}", permanent=False)
        except Exception as fault:
            log.exception("delivery %s can't be put into a message", letter.id)
            return Refused(f"the letter could not be put into a message: {type(fault).__name__}", permanent=True)
        try:
            return self.mail.send(sender, recipient, content)
        except Exception as fault:
            log.exception("delivery %s broke off", letter.id)
            self.mail.close()
            return Unanswered(f"broke off: {type(fault).__name__}")

    def _open_mail(self) -> None:
        try:
            self.mail.open()
        except MailServerDown:
            metrics.server_up.labels(self.service).set(0)
            raise
        metrics.server_up.labels(self.service).set(1)

    def _next_due_in(self, database: DatabaseConnection) -> float:
        with Session(database) as session, session.begin():
            return letters.next_due_in(session)

    def _maintain(self, database: DatabaseConnection) -> None:
        if time.monotonic() - self.maintained_at < MAINTENANCE_EVERY:
            return
        with Session(database) as session, session.begin():
            orphans = letters.release_orphans(session)
            addressed = self.unaddressed.readdress(session, self.clock)
            waiting = backlog(session)
        if orphans:
            metrics.repeated.labels(self.service).inc(orphans)
            log.warning("%d letters of senders that died are sent again; each may arrive twice", orphans)
        if addressed:
            log.info("%d letters have got an address and are sent now", addressed)
        metrics.waiting.labels(self.service).set(waiting.number)
        metrics.oldest.labels(self.service).set(waiting.age)
        self.maintained_at = time.monotonic()

    def _report(self, fault: Exception) -> None:
        expected = isinstance(fault, MailServerDown | SenderIdTaken) or is_unavailable(fault)
        log.warning("letters wait: %s", fault, exc_info=None if expected else fault)
        if not isinstance(fault, MailServerDown):
            self._drop_database()

    def _drop_database(self) -> None:
        database, self.database = self.database, None
        if database is not None:
            database.close()
