"""The loop that sends the letters about subscriptions. They are few: one connection for each."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from chassis.intervals import to_next
from chassis.messaging import WorkerLoop
from chassis.security import CannotOpen
from notifications.adapters.mail.connection import MailConnection
from notifications.adapters.mail.server import MailServer
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.adapters.sending.connection import CannotCompose, Message
from notifications.config import Settings
from notifications.domain.notice import Channel, Outcome, Refused
from notifications.usecases.webhooks import letters
from notifications.usecases.webhooks.letters import Letter

LOOK_EVERY = 20.0  # seconds


class SubscriberLetters(WorkerLoop):
    """Sends what is due; replicas share the work."""

    what = "sending letters about subscriptions"
    settings: Settings

    def work(self) -> None:
        """One letter, or a rest; raises ServerDown, and the letter is sent again later."""
        server = self.settings.smtp_url
        if server is None:  # no e-mail is sent from here
            self.stop_signal.wait(to_next(LOOK_EVERY))
            return
        with Session(self.engine) as session, session.begin():
            letter = letters.take(session)
        if letter is None:
            self.stop_signal.wait(to_next(LOOK_EVERY))
            return
        result = send(letter, server, self.settings)
        with Session(self.engine) as session, session.begin():
            letters.settle(session, letter, result)


def send(letter: Letter, server: MailServer, settings: Settings) -> Outcome:
    """Hands one letter over; raises ServerDown."""
    cipher = PersonalDataCipher.from_settings(settings)
    connection = MailConnection(
        server, settings.mail_from, settings.smtp_ca, settings.smtp_timeout, settings.smtp_final_timeout
    )
    try:
        address = cipher.open_address(Channel.EMAIL, letter.recipient, letter.address)
        connection.open()
        return connection.send(Message(letter.id, address, letter.text, [letter.subscription_id], datetime.now(UTC)))
    except (CannotOpen, CannotCompose) as fault:
        return Refused(f"the letter could not be put into a message: {type(fault).__name__}", permanent=True)
    finally:
        connection.close()
