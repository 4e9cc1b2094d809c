"""Publishes batches with confirms. py-amqp's own confirm mode takes any ack for its own; here each is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import amqp
import eventlet

from chassis.broker import wire
from chassis.broker.connection import close, connect
from chassis.broker.wire import Outgoing

CONFIRM_TIMEOUT = 10  # seconds; a broker under a memory or disk alarm confirms nothing


class Unconfirmed(ConnectionError):
    """The broker did not confirm within 10 s; the connection is given up."""


class Confirmed(NamedTuple):
    """What the broker said to a batch."""

    failed: frozenset[int]  # the places in the batch, from 0, of what it does not hold
    nacked: int
    returned: int  # it had no queue for them

    def held(self, number: int) -> int:
        """How many from the front of the batch of `number` it holds, up to the first that it does not."""
        return min(self.failed, default=number)


class Publisher:
    """One confirm channel; making one raises one of broker.LOST. `name` shows in the broker's listing."""

    def __init__(self, url: str, name: str) -> None:
        self.connection = connect(url, name)
        self.channel = self.connection.channel()
        self.channel.confirm_select()
        self.channel.events["basic_ack"].add(self._on_ack)
        self.channel.events["basic_nack"].add(self._on_nack)
        self.channel.events["basic_return"].add(self._on_return)
        self.tag = 0  # the channel counts publishes from 1; so do we
        self.open: set[int] = set()
        self.first_open = 1  # no tag before it is open
        self.nacked: set[int] = set()
        self.returned: set[tuple[str, str]] = set()

    def publish(self, exchange: str, content_type: str, messages: Sequence[Outgoing]) -> Confirmed:
        """Publishes `messages` and waits for the broker; raises Unconfirmed, or one of broker.LOST."""
        first = self.tag + 1
        self.nacked.clear()
        self.returned.clear()
        self.open, self.first_open = set(range(first, first + len(messages))), first
        try:
            # Sending is under the deadline as well: a broker under an alarm stops reading, and the socket fills up.
            with eventlet.Timeout(CONFIRM_TIMEOUT):
                wire.publish(self.channel, exchange, content_type, messages)
                self.tag += len(messages)
                while self.open:
                    self.connection.drain_events()
        except eventlet.Timeout as late:
            raise Unconfirmed(Unconfirmed.__doc__) from late
        failed = {tag - first for tag in self.nacked}
        if self.returned:
            failed |= {place for place, each in enumerate(messages) if (each.key, each.message_id) in self.returned}
        return Confirmed(frozenset(failed), len(self.nacked), len(self.returned))

    def close(self) -> None:
        close(self.connection)

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
        self.returned.add((routing_key, message.properties["message_id"]))
