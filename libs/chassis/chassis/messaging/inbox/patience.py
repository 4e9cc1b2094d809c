"""How long the inbox goes on trying events that fail, before it sets aside what follows of their type.

The inbox takes events as they have come, so each try that fails holds up all that stands behind it. A type whose events
fail may take a tenth of the time, and a fifth of a second at once. What is above that is not tried by the inbox, but
parked to be tried at once by the retrier, beside it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

AT_ONCE = 0.2  # seconds
SHARE = 0.1  # of the time
TELL_EVERY = 60  # seconds from one line about a type to the next


class Patience:
    """How much time failing tries have taken, by type of event: a bucket for each, which leaks."""

    def __init__(
        self, at_once: float = AT_ONCE, share: float = SHARE, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once, self._share, self._now = at_once, share, now
        self._spent: dict[str, tuple[float, float]] = {}  # seconds, and when that was so
        self._told: dict[str, float] = {}

    def spend(self, kind: str, seconds: float) -> None:
        """A try of events of this type took so long, and failed."""
        self._spent[kind] = (self._left(kind) + seconds, self._now())

    def is_out(self, kind: str) -> bool:
        """Whether events of this type are to be set aside."""
        return kind in self._spent and self._left(kind) >= self._at_once

    def tell(self, kind: str, number: int) -> None:
        """Logs that so many events of a type were set aside, once a minute."""
        if self._now() - self._told.get(kind, float("-inf")) >= TELL_EVERY:
            self._told[kind] = self._now()
            log.warning(
                "%s: so many fail that %d untried ones are set aside, to be tried beside the inbox", kind, number
            )

    def _left(self, kind: str) -> float:
        seconds, at = self._spent.get(kind, (0.0, 0.0))
        return max(0.0, seconds - self._share * (self._now() - at))
