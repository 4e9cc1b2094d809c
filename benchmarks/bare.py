"""A bare batched publish and consume: confirms, a quorum queue, acknowledgements in batches, no database, no JSON.

python bare.py produce|consume AMQP EVENTS SIZE
"""

from __future__ import annotations

import sys

import amqp
from kombu.utils.url import parse_url

QUEUE = "bare"
BATCH = 500  # as the relay's
PREFETCH, ACKNOWLEDGED = 400, 200  # as the inbox's


def connect(url: str) -> amqp.Connection:
    where = parse_url(url)
    connection = amqp.Connection(
        host=f"{where['hostname']}:{where['port']}",
        userid=where["userid"],
        password=where["password"],
        virtual_host=where["virtual_host"] or "/",
    )
    connection.connect()
    return connection


def produce(url: str, events: int, size: int) -> None:
    connection = connect(url)
    channel = connection.channel()
    channel.confirm_select()
    unconfirmed: set[int] = set()

    def on_ack(tag: int, multiple: bool) -> None:
        unconfirmed.difference_update([open_tag for open_tag in unconfirmed if open_tag <= tag] if multiple else [tag])

    channel.events["basic_ack"].add(on_ack)
    body = b"x" * size
    for first in range(1, events + 1, BATCH):
        batch = range(first, min(first + BATCH, events + 1))
        unconfirmed.update(batch)
        for _ in batch:
            message = amqp.Message(body, delivery_mode=2, content_type="application/octet-stream")
            # What basic_publish does, less its look at the socket before each message: the faster way, as the relay's.
            channel.send_method(amqp.spec.Basic.Publish, "Bssbb", (0, "", QUEUE, False, False), message)
        while unconfirmed:
            connection.drain_events()
    connection.close()


def consume(url: str, events: int) -> None:
    connection = connect(url)
    channel = connection.channel()
    channel.auto_decode = False
    channel.basic_qos(0, PREFETCH, False)
    taken = 0

    def on_message(message: amqp.Message) -> None:
        nonlocal taken
        taken += 1
        if taken % ACKNOWLEDGED == 0 or taken == events:
            channel.basic_ack(message.delivery_tag, multiple=True)

    channel.basic_consume(QUEUE, callback=on_message)
    while taken < events:
        connection.drain_events()
    connection.close()


if __name__ == "__main__":
    if sys.argv[1] == "produce":
        produce(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        consume(sys.argv[2], int(sys.argv[3]))
