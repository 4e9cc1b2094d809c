"""What a publisher says of a batch to which the broker says different things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chassis import broker
from chassis.broker import Outgoing

QUEUES = ("publishing.one", "publishing.two")


@pytest.fixture
def publisher(amqp_url: str) -> Iterator[broker.Publisher]:
    made = broker.Publisher(amqp_url, "test")
    for queue in QUEUES:
        made.connection.channel().queue_declare(queue, durable=True, auto_delete=False)
    yield made
    for queue in QUEUES:
        made.connection.channel().queue_delete(queue)
    made.close()


def test_what_has_no_queue_is_named_by_its_place(publisher: broker.Publisher) -> None:
    """The same event goes to several queues, so its id alone does not say which of them is missing."""
    batch = [Outgoing("same", "item.made.v1", b"x", queue) for queue in (QUEUES[0], "publishing.nowhere", QUEUES[1])]

    answer = publisher.publish("", "text/plain", batch)

    assert (answer.failed, answer.returned, answer.nacked) == ({1}, 1, 0)
    assert answer.held(len(batch)) == 1
    again = publisher.publish("", "text/plain", batch[::2])
    assert (again.failed, again.held(2)) == (set(), 2)
    channel = publisher.connection.channel()
    assert [channel.queue_declare(queue, passive=True).message_count for queue in QUEUES] == [2, 2]


def test_a_batch_without_a_message_asks_nothing(publisher: broker.Publisher) -> None:
    assert publisher.publish("", "text/plain", []).held(0) == 0
