"""Publishing events as another service would, and removing those that wait for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chassis.messaging import Envelope
    from chassis.messaging.outbox.publisher import Publisher

AT_ONCE = 200  # events published before their confirms are waited for


def publish(amqp_url: str, *events: Envelope) -> None:
    """Publishes each event on its publisher's exchange, in order; all are confirmed when it returns."""
    # Imported here, for it takes long, and the demo uses this package without publishing anything.
    from chassis.messaging.outbox.publisher import Publisher

    publishers: dict[str, Publisher] = {}
    try:
        for source, run in groupby(events, key=lambda event: event.source):
            if source not in publishers:
                publishers[source] = Publisher(amqp_url, f"{source.strip('/')}.events")
            in_order = list(run)
            for first in range(0, len(in_order), AT_ONCE):
                batch = in_order[first : first + AT_ONCE]
                assert publishers[source].publish_events(batch)[0] == len(batch), "the broker did not take the events"
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
