"""A connection that waits for the database on eventlet's hub, so that other greenlets run meanwhile.

The driver's own loop over `select` does so too, and takes five times as long over it: each statement waits once.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

import eventlet.green.select
import psycopg
from eventlet import hubs, patcher
from psycopg.waiting import Ready, Wait

# The kernel's own, which eventlet's patch takes away since it may block; a time-out of 0 never does.
poll_at_once, POLLIN = patcher.original("select").poll, patcher.original("select").POLLIN

ResultT = TypeVar("ResultT")
Waiting: TypeAlias = Generator[Wait, Ready | int, ResultT]  # yields what it waits for, and is sent what is ready


class CooperativeConnection(psycopg.Connection[Any]):  # Any: rows of any shape
    """As the driver's, in a process whose standard library eventlet has patched."""

    def wait(self, gen: Waiting[ResultT], interval: float = 0, timeout: float | None = None) -> ResultT:
        """What `gen` comes to. Whatever is thrown into the waiting greenlet leaves the connection in mid-statement:
        SQLAlchemy then closes it.

        `interval`, at which the driver looks for Ctrl-C, is not needed: the hub sees signals.
        """
        if timeout is not None:  # waiting for notifications, which is no statement
            return super().wait(gen, interval, timeout)
        descriptor = self.pgconn.socket
        try:
            wanted = next(gen)
            while True:
                wanted = gen.send(_when_ready(descriptor, wanted))
        except StopIteration as ended:
            result: ResultT = ended.value
            return result
        except OSError as fault:
            raise psycopg.OperationalError("the connection's socket is closed") from fault


def _when_ready(descriptor: int, wanted: Wait) -> Ready | int:
    """Waits; what of `wanted` is ready."""
    if wanted == Wait.R:
        hubs.trampoline(descriptor, read=True)
        return Ready.R
    # More is sent than the kernel takes at once, and the server may answer meanwhile.
    reading = [descriptor] if wanted & Wait.R else []
    readable, writable, _ = eventlet.green.select.select(reading, [descriptor], [])
    return (Ready.R if readable else 0) | (Ready.W if writable else 0)


def has_something_to_read(descriptor: int) -> bool:
    """Whether bytes, or the other side's end, have come in by now; waits for nothing."""
    poll = poll_at_once()
    poll.register(descriptor, POLLIN)
    return bool(poll.poll(0))


def connection_class() -> type[psycopg.Connection[Any]]:  # Any: as above
    """The class of connection for this process."""
    return CooperativeConnection if patcher.is_monkey_patched("select") else psycopg.Connection
