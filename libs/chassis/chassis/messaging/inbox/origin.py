"""Where a message came from: an event is taken only if it came by its publisher's exchange, under its type.

The broker's bindings say which kinds of aggregates come from whom (`deploy/rabbitmq/definitions.json`), and only a
publisher may write to its exchange; so whoever else may write anywhere can't speak in its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chassis.messaging.envelope import Envelope, MalformedEvent

REJECTED = "rejected"  # RabbitMQ's word for a message that a reader refused
FORGED = "not from its publisher"  # begins the reason under which a forged event is kept

Headers = Mapping[str, Any]  # Any: what a header may be is the sender's affair


class ForgedEvent(MalformedEvent):
    """An event that did not come from the service that it names."""


class Origin(NamedTuple):
    """The exchange to which a message was sent, and its routing key there; both empty if it is not known."""

    exchange: str
    routing_key: str

    def check(self, event: Envelope) -> None:
        """Raises ForgedEvent unless `event` came from the service that it names, as the type that it is."""
        if f"/{self.exchange}" != f"{event.source}.events" or self.routing_key != event.type:
            raise ForgedEvent(
                f"{FORGED}: {event.type[:100]} of {event.source[:100]} came by the exchange "
                f"{self.exchange[:100]!r} as {self.routing_key[:100]!r}"
            )


class Fate(NamedTuple):
    """What a dead letter has behind it."""

    origin: Origin
    was_rejected: bool


def fate_of(headers: Headers) -> Fate:
    """What the broker wrote of a dead letter's last death.

    Whoever sends a message may put words into this header, but not the reason of the last death.
    """
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}
    keys = last.get("routing-keys") or [""]
    return Fate(Origin(str(last.get("exchange", "")), str(keys[0])), last.get("reason") == REJECTED)


def times_returned(headers: Headers) -> int:
    """How often a quorum queue has had a message back, from a reader that died or was cut off."""
    count = headers.get("x-delivery-count")
    return count if isinstance(count, int) else 0
