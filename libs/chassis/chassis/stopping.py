"""The end of a worker's loops: a signal that they are told by, and that cuts short whatever they wait for.

A loop waits in the hub, without looking now and then whether it is to end:

    with stop.at_most(5):
        queue.get()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eventlet import hubs
from eventlet.event import Event
from eventlet.support import greenlets


class _WaitIsOver(TimeoutError):
    """Ends a wait. A TimeoutError, since py-amqp keeps what it has of a frame when it is struck by one."""


class StopSignal:
    """Tells loops to end, and wakes those that wait."""

    def __init__(self) -> None:
        self.is_given = False
        self._wakes: list[Callable[[], None]] = []  # one for each wait under way

    def give(self) -> None:
        """Tells the loops to end; a second time changes nothing."""
        self.is_given = True
        for wake in self._wakes:
            wake()

    def wait(self, seconds: float) -> None:
        """Waits so long, or until the signal is given."""
        with self.at_most(seconds):
            Event().wait()

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """What the block waits for is given up after so long, or when the signal is given.

        It can only be struck where it waits, as by an eventlet.Timeout.
        """
        hub, waiting, over = hubs.get_hub(), greenlets.getcurrent(), _WaitIsOver()
        timer = hub.schedule_call_global(0 if self.is_given else seconds, waiting.throw, over)

        def wake() -> None:
            nonlocal timer
            timer.cancel()
            timer = hub.schedule_call_global(0, waiting.throw, over)

        self._wakes.append(wake)
        try:
            yield
        except _WaitIsOver as ended:
            if ended is not over:
                raise
        finally:
            self._wakes.remove(wake)
            timer.cancel()
