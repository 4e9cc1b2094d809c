"""A subscription's queue, read with pika: pip install cqo-subscriber[amqp]."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import pika

from cqo_subscriber.deliveries import Delivery
from cqo_subscriber.feed import Feed
from cqo_subscriber.store import Apply, Store

PREFETCH = 100
IDLE = 1.0  # seconds between two looks whether to stop


def consume(
    url: str, store: Store, apply: Apply, feed: Feed | None = None, stop: Callable[[], bool] = lambda: False
) -> None:
    """Applies what comes to the queue at `url`, as the credentials name it, until `stop()` says so.

    A delivery is acknowledged after its transaction. Where one shows that something before it is missing, the queue
    having been full, it is taken from `feed` first. If anything fails, it is raised, and what was not acknowledged
    comes again: run it under something that starts it anew.
    """
    queue = unquote(urlsplit(url).username or "")  # the user and its queue have one name
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=PREFETCH)
        for method, _, body in channel.consume(queue, inactivity_timeout=IDLE):
            if method is not None:
                delivery = Delivery.read(body)
                if feed is not None and delivery.previous > store.last:
                    feed.catch_up(store, apply)
                store.take(delivery, apply)
                channel.basic_ack(method.delivery_tag)
            if stop():
                channel.cancel()
                return
