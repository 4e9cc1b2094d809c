"""Publishes batches with confirms. py-amqp's own confirm mode takes any ack for its own; here each is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import amqp
import eventlet

from chassis import broker
from chassis.broker import topology, wire
from chassis.messaging.envelope import CONTENT_TYPE, Envelope

CONFIRM_TIMEOUT = 10  # seconds; a broker under a memory or disk alarm confirms nothing


class Unconfirmed(ConnectionError):
    """The broker did not confirm within 10 s; the connection is given up."""


class NoTopology(ConnectionError):
    """The broker's exchanges, queues and bindings are not all there; run `python -m chassis.broker.topology apply`."""


class Confirmed(NamedTuple):
    """What the broker said to a batch."""

    held: int  # how many from the front it holds; what comes after the first that it does not hold does not count
    nacked: int
    returned: int  # it had no queue for them


class Publisher:
    """One confirm channel to one exchange; making one raises NoTopology, or one of broker.LOST."""

    def __init__(self, url: str, exchange: str) -> None:
        self.exchange = exchange
        self.connection = broker.connect(url, f"{exchange} relay")
        if not topology.is_complete(self.connection):
            broker.close(self.connection)
            raise NoTopology(NoTopology.__doc__)
        self.channel = self.connection.channel()
        self.channel.confirm_select()
        self.channel.events["basic_ack"].add(self._on_ack)
        self.channel.events["basic_nack"].add(self._on_nack)
        self.channel.events["basic_return"].add(self._on_return)
        self.tag = 0  # the channel counts publishes from 1; so do we
        self.open: set[int] = set()
        self.first_open = 1  # no tag before it is open
        self.nacked: set[int] = set()
        self.returned: set[str] = set()

    def publish(self, events: Sequence[Envelope]) -> Confirmed:
        """Publishes `events` and waits for the broker; raises Unconfirmed, or one of broker.LOST.

        What comes after the first that it does not hold counts as unpublished, so that no event overtakes another.
        """
        first = self.tag + 1
        self.nacked.clear()
        self.returned.clear()
        self.open, self.first_open = set(range(first, first + len(events))), first
        try:
            # Sending is under the deadline as well: a broker under an alarm stops reading, and the socket fills up.
            with eventlet.Timeout(CONFIRM_TIMEOUT):
                messages = (wire.Outgoing(event.id, event.type, event.to_bytes()) for event in events)
                wire.publish(self.channel, self.exchange, CONTENT_TYPE, messages)
                self.tag += len(events)
                while self.open:
                    self.connection.drain_events()
        except eventlet.Timeout as late:
            raise Unconfirmed(Unconfirmed.__doc__) from late
        held = 0
        for tag, event in enumerate(events, start=first):
            if tag in self.nacked or event.id in self.returned:
                break
            held += 1
        return Confirmed(held, len(self.nacked), len(self.returned))

    def close(self) -> None:
        broker.close(self.connection)

    def _settle(self, tag: int, multiple: bool) -> set[int]:
        settled = self.open.intersection(range(self.first_open, tag + 1) if multiple else (tag,))
        self.open -= settled
        if multiple:
            self.first_open = tag + 1
        return settled

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self.nacked |= self._settle(tag, multiple)

    def _on_return(
        self, fault: amqp.exceptions.AMQPError, exchange: str, routing_key: str, message: amqp.Message
    ) -> None:
        self.returned.add(message.properties["message_id"])
