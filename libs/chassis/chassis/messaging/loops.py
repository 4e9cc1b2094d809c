"""Loops that go on until their worker stops, whatever is raised in them."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Self

from eventlet.greenthread import GreenThread
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider
from sqlalchemy import Engine

from chassis import broker
from chassis.backoff import LONGEST_WAIT, back_off
from chassis.clock import Clock
from chassis.data import clock_of, engine_for, is_unavailable
from chassis.settings import Settings
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)


def is_outage(fault: BaseException) -> bool:
    """Whether `fault` says that the broker or the database can't be reached just now."""
    return isinstance(fault, broker.LOST) or is_unavailable(fault)


def repeat(turn: Callable[[], object], what: str, stop: StopSignal) -> None:
    """Calls `turn` until `stop` is given; waits a little longer after each failure in a row.

    No exception leaves it, since nameko would take the worker down. `what` begins the sentence that is logged:
    "reading the inbox was interrupted: …".
    """
    failures = 0
    while not stop.is_given:
        started = time.monotonic()
        try:
            turn()
            failures = 0
        except Exception as fault:
            log.warning("%s was interrupted: %s", what, fault, exc_info=None if is_outage(fault) else fault)
            # A turn that went well for a while before it failed is no failure in a row.
            failures = failures + 1 if time.monotonic() - started < LONGEST_WAIT else 1
            stop.wait(back_off(failures))


class WorkerLoop(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """A loop of a worker: `work` is called again and again, from the worker's start until it stops.

    `what` begins the sentence that is logged when it fails.
    """

    what: str

    def setup(self) -> None:
        self.settings: Settings = self.container.config["cqo"]
        self.clock: Clock = clock_of(self.settings)
        self.stop_signal = StopSignal()

    @functools.cached_property
    def engine(self) -> Engine:
        return engine_for(self.settings.database_url, self.container.service_name)

    def start(self) -> None:
        self.thread: GreenThread = self.container.spawn_managed_thread(self.run, type(self).__name__.lower())

    def stop(self) -> None:
        """Ends the loop after what it has in hand."""
        self.kill()
        self.thread.wait()

    def kill(self) -> None:
        self.stop_signal.give()

    def get_dependency(self, worker_ctx: WorkerContext) -> Self:
        return self

    def run(self) -> None:
        """Goes on until the worker stops."""
        repeat(self.work, self.what, self.stop_signal)

    def work(self) -> object:
        """What the loop does each time; it waits by itself where there is nothing to do."""
        raise NotImplementedError
