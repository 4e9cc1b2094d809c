"""Publishes a service's events to its exchange, once the broker's topology is complete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chassis import broker
from chassis.broker import topology
from chassis.messaging.envelope import CONTENT_TYPE, Envelope


class NoTopology(ConnectionError):
    """The broker's exchanges, queues and bindings are not all there; run `python -m chassis.broker.topology apply`."""


class Confirmed(NamedTuple):
    """What the broker said to a batch."""

    held: int  # how many from the front it holds; what comes after the first that it does not hold does not count
    nacked: int
    returned: int  # it had no queue for them


class Publisher(broker.Publisher):
    """One confirm channel to one exchange; making one raises NoTopology, or one of broker.LOST."""

    def __init__(self, url: str, exchange: str) -> None:
        super().__init__(url, f"{exchange} relay")
        self.exchange = exchange
        if not topology.is_complete(self.connection):
            self.close()
            raise NoTopology(NoTopology.__doc__)

    def publish_events(self, events: Sequence[Envelope]) -> Confirmed:
        """Publishes `events` and waits for the broker; raises broker.Unconfirmed, or one of broker.LOST.

        What comes after the first that it does not hold counts as unpublished, so that no event overtakes another.
        """
        messages = [broker.Outgoing(event.id, event.type, event.to_bytes()) for event in events]
        answer = self.publish(self.exchange, CONTENT_TYPE, messages)
        return Confirmed(answer.held(len(events)), answer.nacked, answer.returned)
