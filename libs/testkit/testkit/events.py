"""Publishing events as another service would, and removing those that wait for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chassis.messaging import Envelope
    from chassis.messaging.outbox.publisher import Publisher


def publish(amqp_url: str, *events: Envelope) -> None:
    """Publishes each event on its publisher's exchange, in order."""
    # Imported here, for it takes long, and the demo uses this package without publishing anything.
    from chassis.messaging.outbox.publisher import Publisher

    publishers: dict[str, Publisher] = {}
    try:
        for each in events:
            if each.source not in publishers:
                publishers[each.source] = Publisher(amqp_url, f"{each.source.strip('/')}.events")
            assert publishers[each.source].publish([each])[0] == 1, "the broker did not take the event"
    finally:
        for publisher in publishers.values():
            publisher.close()


def empty_queues(amqp_url: str, queues: Iterable[str]) -> None:
    """Removes what waits in these queues, as other tests have left it."""
    from chassis import broker

    connection = broker.connect(amqp_url, "tests")
    try:
        channel = connection.channel()
        for queue in queues:
            channel.queue_purge(queue)
    finally:
        broker.close(connection)
