"""Takes messages from a queue of the broker. What is not acknowledged is delivered again on the next connection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import amqp
import eventlet
from eventlet.queue import Empty, LightQueue

from chassis import broker
from chassis.broker import wire
from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox.origin import Headers, Origin, headers_of, times_returned

log = logging.getLogger(__name__)

BATCH = 400
TURN = 50  # events that are read without a break: senders of mail, requests and heartbeats wait as long
FRAMES = 3  # of a message: what it is, its properties, its body
MOST_RETURNS = 3  # of an event that was in hand when the process died; from then on it is tried alone
CHECK_EVERY = 0.25  # seconds between two looks at whether to go on
SET_UP_WITHIN = 10  # seconds for the broker to begin delivering
HEARTBEAT = 20  # seconds; a broker that vanished without a word is noticed after two of them


class Delivery(NamedTuple):
    """A message as it came, with the channel that may acknowledge it."""

    channel: amqp.Channel
    tag: int
    raw: bytes
    origin: Origin
    headers: Headers

    @classmethod
    def of(cls, message: amqp.Message) -> Delivery:
        # Where no body follows, py-amqp leaves an empty text in its place.
        body = message.body
        raw = body.encode() if isinstance(body, str) else bytes(body)
        origin = Origin(message.delivery_info["exchange"], message.delivery_info["routing_key"])
        return cls(message.channel, message.delivery_tag, raw, origin, headers_of(message))

    def acknowledge_all_so_far(self) -> None:
        """Tells the broker that this message, and all before it on its connection, are done with."""
        self._settle(self.channel.basic_ack, multiple=True)

    def reject(self) -> None:
        """Sends the message to the dead letters."""
        self._settle(self.channel.basic_reject, requeue=False)

    def _settle(self, method: Callable[..., None], **options: bool) -> None:
        try:
            method(self.tag, **options)
        except broker.LOST as fault:
            # The broker will deliver it again, and the cursor will know it.
            log.info("an acknowledgement was lost with its connection: %s", fault)


class Window:
    """What one connection has delivered and is still to be applied."""

    def __init__(self) -> None:
        self.queue: LightQueue = LightQueue()
        # An acknowledgement covers all before it, so after a batch that was neither applied nor parked there may be no
        # further one: the connection is given up, and the broker delivers all of it again.
        self.is_abandoned = False

    def next_batch(self, wait: float) -> list[Delivery]:
        """What is there, BATCH at most; waits for the first up to `wait` seconds."""
        try:
            batch = [self.queue.get(timeout=wait)]
        except Empty:
            return []
        while len(batch) < BATCH and not self.queue.empty():
            batch.append(self.queue.get_nowait())
        return batch

    @property
    def is_low(self) -> bool:
        """Whether less than a whole batch is there."""
        return bool(self.queue.qsize() < BATCH)


def consume(
    url: str, queue: str, on_delivery: Callable[[Delivery], None], prefetch: int, goes_on: Callable[[], bool]
) -> None:
    """Reads `queue` while `goes_on()`, asked every CHECK_EVERY seconds; raises one of broker.LOST when the connection
    is lost.

    `on_delivery` must not wait for anything: the deadline of the look would strike in it.
    """
    connection = broker.connect(url, f"{queue} reader", HEARTBEAT)
    try:
        wire.read_ahead(connection)
        late = TimeoutError(f"the broker has not answered within {SET_UP_WITHIN} s")
        with eventlet.Timeout(SET_UP_WITHIN, late):
            channel = connection.channel()
            channel.auto_decode = False  # raw bytes: what can't be decoded must not be acknowledged unseen
            channel.basic_qos(0, prefetch, False)
            channel.basic_consume(queue, callback=lambda message: on_delivery(Delivery.of(message)))
        while goes_on():
            # One deadline for all that comes until the next look, not one for each frame. It can only strike while the
            # reader waits, and py-amqp keeps what it has of a frame.
            with suppress(TimeoutError), eventlet.Timeout(CHECK_EVERY, TimeoutError):
                while True:
                    for _ in range(TURN * FRAMES):
                        connection.drain_events()
                    eventlet.sleep(0)  # a socket that has more to give does not let others go on
            connection.heartbeat_tick()
    finally:
        broker.close(connection)


def decode(batch: Sequence[Delivery]) -> tuple[list[Delivery], list[Envelope], list[Envelope]]:
    """The deliveries that are events, the events, and those that may have killed the process before.

    The others go to the dead letters: what is no event, and what does not come from its publisher.
    """
    readable: list[Delivery] = []
    events: list[Envelope] = []
    suspects: list[Envelope] = []
    for number, delivery in enumerate(batch, 1):
        if number % TURN == 0:
            eventlet.sleep(0)
        try:
            event = Envelope.from_bytes(delivery.raw)
            delivery.origin.check(event)
            came_back = delivery.headers and times_returned(delivery.headers) >= MOST_RETURNS
            (suspects if came_back else events).append(event)
            readable.append(delivery)
        except Exception as fault:
            # What is no event says so itself; a message that breaks its reader is none either.
            known = isinstance(fault, MalformedEvent)
            log.error(
                "a message that is not an event goes to the dead letters: %s", fault, exc_info=None if known else fault
            )
            delivery.reject()
    return readable, events, suspects
