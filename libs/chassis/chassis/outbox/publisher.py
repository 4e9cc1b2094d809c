"""Publishes batches with confirms. py-amqp's own confirm mode takes any ack for its own; here each is counted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import amqp

from chassis import broker
from chassis.events import CONTENT_TYPE, Envelope

CONFIRM_TIMEOUT = 10  # seconds; a broker under a memory or disk alarm confirms nothing


class Unconfirmed(ConnectionError):
    """The broker did not confirm within 10 s; the connection is given up."""


class Publisher:
    """One confirm channel to one exchange."""

    def __init__(self, url: str, exchange: str) -> None:
        self.exchange = exchange
        self.connection = broker.connect(url, f"{exchange} relay")
        self.channel = self.connection.channel()
        self.channel.confirm_select()
        self.channel.events["basic_ack"].add(self._on_ack)
        self.channel.events["basic_nack"].add(self._on_nack)
        self.channel.events["basic_return"].add(self._on_return)
        self.tag = 0  # the channel counts publishes from 1; so do we
        self.open: set[int] = set()
        self.nacked: set[int] = set()
        self.returned: set[str] = set()

    def publish(self, events: Sequence[Envelope]) -> tuple[int, int, int]:
        """Publishes `events` and waits for the broker; returns how many from the front it holds, nacks, and returns.

        What comes after the first that it does not hold counts as unpublished, so that no event overtakes another.
        """
        first = self.tag + 1
        self.nacked.clear()
        self.returned.clear()
        self.open = set(range(first, first + len(events)))
        for event in events:
            self._send(event)
        self._await_confirms()
        held = 0
        for tag, event in enumerate(events, start=first):
            if tag in self.nacked or event.id in self.returned:
                break
            held += 1
        return held, len(self.nacked), len(self.returned)

    def close(self) -> None:
        broker.close(self.connection)

    def _send(self, event: Envelope) -> None:
        message = amqp.Message(
            event.to_bytes(),
            content_type=CONTENT_TYPE,
            message_id=event.id,
            delivery_mode=2,
            type=event.type,
        )
        self.tag += 1
        self.channel.basic_publish(message, exchange=self.exchange, routing_key=event.type, mandatory=True)

    def _await_confirms(self) -> None:
        deadline = time.monotonic() + CONFIRM_TIMEOUT
        while self.open:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unconfirmed(Unconfirmed.__doc__)
            try:
                self.connection.drain_events(timeout=left)
            except TimeoutError as fault:
                raise Unconfirmed(Unconfirmed.__doc__) from fault

    def _settle(self, tag: int, multiple: bool) -> set[int]:
        settled = {open_tag for open_tag in self.open if open_tag <= tag} if multiple else {tag} & self.open
        self.open -= settled
        return settled

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self.nacked |= self._settle(tag, multiple)

    def _on_return(self, fault: Any, exchange: str, routing_key: str, message: amqp.Message) -> None:
        self.returned.add(message.properties["message_id"])
