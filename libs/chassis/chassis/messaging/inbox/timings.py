"""How long an inbox waits for what, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """A worker that needs others than these has them as its class attribute `timings`."""

    handler_timeout: float = 60  # for one event, or for one batch of a batch handler
    retry_delays: tuple[float, ...] = (1, 5, 30, 300, 3600)  # before the second, third … try of a parked event
    missing_after: float = 15 * 60  # an event whose predecessor has not come for so long has it fetched
    look_for_missing_every: float = 30
    agree_every: float = 10 * 60  # between two comparisons with what the publishers have announced


def timings_of(worker: object) -> Timings:
    """The timings that a worker, or a worker's class, asks for."""
    found = getattr(worker, "timings", None)
    return found if isinstance(found, Timings) else Timings()
