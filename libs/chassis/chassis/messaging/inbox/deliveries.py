"""Takes messages from a queue of the broker. What is not acknowledged is delivered again on the next connection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import amqp
import eventlet
from eventlet.queue import LightQueue

from chassis import broker
from chassis.broker import wire
from chassis.intervals import to_next
from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.messaging.inbox.origin import Headers, Origin, times_returned
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)

BATCH = 400
TURN = 50  # events that are read without a break: senders of mail, requests and heartbeats wait as long
MOST_RETURNS = 3  # of an event that was in hand when the process died; from then on it is tried alone
LOOK_EVERY = 5.0  # seconds between two looks at the connection's heartbeat
SET_UP_WITHIN = 10  # seconds for the broker to begin delivering
HEARTBEAT = 20  # seconds; a broker that vanished without a word is noticed after two of them


class Delivery(NamedTuple):
    """A message as it came, with the channel that may acknowledge it."""

    channel: amqp.Channel
    tag: int
    raw: bytes
    origin: Origin
    headers: Headers

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
        self.ending = StopSignal()

    @property
    def is_abandoned(self) -> bool:
        """Whether its connection is being given up."""
        return self.ending.is_given

    def next_batch(self) -> list[Delivery]:
        """What is there, BATCH at most; waits for the first. Empty when the connection is given up meanwhile."""
        with self.ending.at_most(to_next(LOOK_EVERY)):
            batch = [self.queue.get()]
            while len(batch) < BATCH and not self.queue.empty():
                batch.append(self.queue.get_nowait())
            return batch
        return []

    @property
    def is_low(self) -> bool:
        """Whether less than a whole batch is there."""
        return bool(self.queue.qsize() < BATCH)


def consume(
    url: str,
    queue: str,
    on_delivery: Callable[[Delivery], None],
    prefetch: int,
    ending: StopSignal,
    is_to_do: Callable[[], bool] = lambda: False,
    do: Callable[[], None] = lambda: None,
) -> None:
    """Reads `queue` until `ending` is given; whenever something `is_to_do`, reads no more until it is done.

    Raises one of broker.LOST when the connection is lost. `on_delivery` must not wait for anything: the deadline of the
    look would strike in it. `do` may.
    """
    connection = broker.connect(url, f"{queue} reader", HEARTBEAT)
    try:
        late = TimeoutError(f"the broker has not answered within {SET_UP_WITHIN} s")
        with eventlet.Timeout(SET_UP_WITHIN, late):
            channel = connection.channel()
            channel.basic_qos(0, prefetch, False)
            channel.basic_consume(queue)

        def on_message(came: wire.Incoming) -> None:
            origin = Origin(came.exchange, came.routing_key)
            on_delivery(Delivery(channel, came.tag, came.body, origin, came.headers))

        receiver = wire.Receiver(channel, on_message)
        while not ending.is_given:
            # One deadline for all that comes until the next look, not one for each frame.
            with ending.at_most(to_next(LOOK_EVERY)):
                while not is_to_do():
                    receiver.read()
                    eventlet.sleep(0)  # a socket that has more to give does not let others go on
            do()
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
