"""The deliverer of a worker, as nameko runs it."""

from __future__ import annotations

from eventlet.greenthread import GreenThread
from nameko.extensions import DependencyProvider

from chassis.clock import SystemClock
from chassis.data import clock_of
from chassis.stopping import StopSignal
from notifications.adapters.webhook.deliverer import Deliverer


class Webhooks(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """Runs the deliverer in a worker. Its waits go by the machine's clock, which no demo moves."""

    def setup(self) -> None:
        self.stop_signal = StopSignal()
        settings = self.container.config["cqo"]
        self.deliverer = Deliverer(settings, SystemClock(), self.stop_signal, clock_of(settings))
        self.thread: GreenThread | None = None

    def start(self) -> None:
        self.thread = self.container.spawn_managed_thread(self.deliverer.run, "deliverer")

    def stop(self) -> None:
        """Ends after the attempts that are under way."""
        self.kill()
        if self.thread is not None:
            self.thread.wait()

    def kill(self) -> None:
        self.stop_signal.give()

    def get_dependency(self, worker_ctx: object) -> Webhooks:
        return self
