"""An end point of a subscriber, and what its answers mean: when it is tried again, spared, or given up.

An event that fails holds back the later ones of its aggregate, and is tried again by the schedule. An end point that
fails `open_after` times in a row is spared: its breaker is open, and one event at a time is tried until one arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GONE, TOO_MANY, UNAVAILABLE = 410, 429, 503
FIRST_PROBE = 5.0  # seconds until the first probe of an end point that is spared; then twice as long each time
LONGEST_PAUSE = 86_400.0  # seconds, whatever Retry-After says


class Scheme(StrEnum):
    """By what a delivery is signed."""

    HMAC_SHA256 = "hmac-sha256"
    ED25519 = "ed25519"
    HMAC_SM3 = "hmac-sm3"


class WaitingState(StrEnum):
    """How an event stands that was not delivered when its turn came."""

    RETRYING = "retrying"  # is tried again by itself
    BEHIND = "behind"  # waits for an earlier one of its aggregate
    GIVEN_UP = "given_up"  # waits for a person, or for the end point's return from an outage


@dataclass(frozen=True)
class Policy:
    """The configured part of it; times in seconds."""

    schedule: tuple[float, ...]
    open_after: int = 5
    longest_probe: float = 300
    disable_after: float = 5 * 86_400

    def wait_after(self, attempts: int) -> float | None:
        """Seconds until an event is tried again that has failed so often; None if it is given up."""
        return self.schedule[attempts - 1] if attempts <= len(self.schedule) else None


@dataclass
class EndPoint:
    """How an end point has answered lately."""

    failures: int = 0  # in a row
    failing_since: datetime | None = None
    resume_at: datetime | None = None  # nothing is sent before
    is_open: bool = False  # the breaker
    is_gone: bool = False  # it answered 410: it wants no more

    def succeeded(self) -> bool:
        """It took an event; True if it was spared until now, so that all that waits is to be tried again."""
        was_open = self.is_open
        self.failures, self.failing_since, self.resume_at, self.is_open = 0, None, None, False
        return was_open

    def failed(self, status: int | None, retry_after: float | None, policy: Policy, now: datetime) -> None:
        """It did not take an event; `retry_after` is what it says in seconds."""
        self.failing_since = self.failing_since or now
        if status == GONE:
            self.is_gone = True
        was_spared = self.is_open and self.resume_at is not None and self.resume_at > now
        if is_pause(status, retry_after):
            self.resume_at = now + timedelta(seconds=min(retry_after or 0.0, LONGEST_PAUSE))
        if was_spared:
            return  # it was under way beside the one that opened the breaker, and says nothing new
        self.failures += 1
        if self.failures >= policy.open_after:
            self.is_open = True
            probes = min(self.failures - policy.open_after, 20)
            spared_until = now + timedelta(seconds=min(FIRST_PROBE * 2**probes, policy.longest_probe))
            self.resume_at = max(self.resume_at or spared_until, spared_until)

    def is_paused(self, now: datetime) -> bool:
        """Whether nothing may be sent at the moment."""
        return self.is_gone or (self.resume_at is not None and self.resume_at > now)


def is_pause(status: int | None, retry_after: float | None) -> bool:
    """Whether the answer asks to come later, so that it costs the event no attempt."""
    return status in (TOO_MANY, UNAVAILABLE) and retry_after is not None
