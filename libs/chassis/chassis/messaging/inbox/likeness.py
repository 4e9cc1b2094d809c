"""What events that fail have in common: those that are unlike them are tried first.

A handler fails with an event because of what is in it, more often than not: ten thousand with one value that it can't
take. It decides about the order only, so where the guess is wrong nothing is lost but time.
"""

from __future__ import annotations

from collections.abc import Iterable

from chassis.messaging.envelope import Envelope, JsonObject


class Likeness:
    """Of each type of event, the fields that have had the same values in all that failed."""

    def __init__(self) -> None:
        self.failing: dict[str, JsonObject] = {}

    def note(self, failed: Iterable[Envelope]) -> None:
        """Learns from events that failed."""
        for event in failed:
            common, data = self.failing.get(event.type, event.data), event.data
            self.failing[event.type] = {name: value for name, value in common.items() if data.get(name) == value}

    def is_alike(self, event: Envelope) -> bool:
        """Whether it has all that the failing ones of its type have in common."""
        common = self.failing.get(event.type)
        return common is not None and all(event.data.get(name) == value for name, value in common.items())

    def forget(self) -> None:
        """Begins anew: what fails next may have something else in common."""
        self.failing.clear()
