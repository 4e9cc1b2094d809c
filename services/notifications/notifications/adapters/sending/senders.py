"""The senders of a worker, as nameko runs them: some for each channel that the settings configure."""

from __future__ import annotations

from collections.abc import Iterator

from eventlet.greenthread import GreenThread
from nameko.extensions import DependencyProvider

from chassis.data import clock_of
from chassis.settings import ConfigurationError
from chassis.stopping import StopSignal
from notifications.adapters.mail.connection import MailConnection
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.adapters.robot import RobotConnection
from notifications.adapters.sending.connection import Connection
from notifications.adapters.sending.sender import Sender
from notifications.adapters.sms import Gateway, SmsConnection
from notifications.config import Settings
from notifications.domain.notice import Channel


def connections(settings: Settings) -> Iterator[Connection]:
    """A connection for each sender; ConfigurationError where a channel is configured by half."""
    if settings.smtp_url is not None:
        for _ in range(settings.smtp_connections):
            yield MailConnection(
                settings.smtp_url,
                settings.mail_from,
                settings.smtp_ca,
                settings.smtp_timeout,
                settings.smtp_final_timeout,
            )
    if settings.sms_url:
        yield SmsConnection(gateway(settings))
    if settings.robot_hosts:
        yield RobotConnection(settings.robot_hosts, settings.robot_timeout)


def gateway(settings: Settings) -> Gateway:
    """The gateway for text messages that the settings configure."""
    if not (settings.sms_url and settings.sms_key and settings.sms_signature):
        raise ConfigurationError("CQO_SMS_URL needs CQO_SMS_KEY and CQO_SMS_SIGNATURE beside it")
    return Gateway(
        settings.sms_url,
        settings.sms_key,
        settings.sms_signature,
        settings.sms_template,
        settings.sms_timeout,
        settings.sms_ca,
        settings.sms_parts,
        settings.sms_price,
        settings.sms_daily_limit,
        settings.sms_daily_of_recipient,
    )


class Senders(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """Runs the senders in a worker; replicas share the work, each letter is in one sender's hands."""

    def setup(self) -> None:
        settings = self.container.config["cqo"]
        self.stop_signal = StopSignal()
        personal_data = PersonalDataCipher.from_settings(settings)
        self.senders = list[Sender]()
        last_of = dict[Channel, Sender]()
        for connection in connections(settings):
            before = last_of.get(connection.channel)
            sender = Sender(settings, connection, clock_of(settings), personal_data, self.stop_signal, before)
            last_of[connection.channel] = sender
            self.senders.append(sender)
        self.threads: list[GreenThread] = []

    def start(self) -> None:
        self.threads = [self.container.spawn_managed_thread(sender.run, "sender") for sender in self.senders]

    def stop(self) -> None:
        """Ends each sender after the letter in its hands."""
        self.kill()
        for thread in self.threads:
            thread.wait()

    def kill(self) -> None:
        self.stop_signal.give()

    def get_dependency(self, worker_ctx: object) -> Senders:
        return self
