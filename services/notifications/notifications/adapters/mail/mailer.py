"""The senders of a worker, as nameko runs them."""

from __future__ import annotations

from eventlet.greenthread import GreenThread
from nameko.extensions import DependencyProvider

from chassis.data import clock_of
from chassis.stopping import StopSignal
from notifications.adapters.mail.sender import Sender
from notifications.adapters.personal_data import PersonalDataCipher


class Mailer(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """Runs the senders in a worker; replicas share the work, each letter is in one sender's hands."""

    def setup(self) -> None:
        settings = self.container.config["cqo"]
        self.stop_signal = StopSignal()
        personal_data = PersonalDataCipher.from_settings(settings)
        self.senders = [
            Sender(settings, clock_of(settings), personal_data, self.stop_signal)
            for _ in range(settings.smtp_connections)
        ]
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

    def get_dependency(self, worker_ctx: object) -> Mailer:
        return self
