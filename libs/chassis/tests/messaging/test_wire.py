"""What is written and read past py-amqp's coder is what py-amqp writes and reads, by fewer system calls."""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import amqp
import pytest
from amqp import spec

from chassis import broker
from chassis.broker import wire

QUEUE, EXCHANGE = "wire.test", "amq.topic"
BODIES = [str(number).encode() * 200 for number in range(300)] + [b"", b"x" * 300_000, "首席质量官".encode()]


class CountingSocket:
    """A socket that counts what is asked of it, and keeps what is written."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.reads = self.writes = 0
        self.written = bytearray()

    def recv(self, size: int) -> bytes:
        self.reads += 1
        return self.socket.recv(size)

    def sendall(self, data: bytes) -> None:
        self.writes += 1
        self.written += data
        self.socket.sendall(data)


@pytest.fixture
def connection(amqp_url: str) -> Iterator[amqp.Connection]:
    connection = broker.connect(amqp_url, "test")
    channel = connection.channel()
    channel.queue_delete(QUEUE)
    channel.queue_declare(QUEUE, durable=True, auto_delete=False)
    channel.queue_bind(QUEUE, EXCHANGE, "item.#")
    yield connection
    broker.close(connection)
    delete_queue(amqp_url)


def delete_queue(amqp_url: str) -> None:
    connection = broker.connect(amqp_url, "test")
    connection.channel().queue_delete(QUEUE)
    broker.close(connection)


def counted(connection: amqp.Connection) -> CountingSocket:
    socket = CountingSocket(connection.transport.sock)
    connection.transport._quick_recv, connection.transport._write = socket.recv, socket.sendall
    return socket


def messages() -> list[wire.Outgoing]:
    return [wire.Outgoing(f"id-{place}", "item.made.v1", body) for place, body in enumerate(BODIES)]


def receive(connection: amqp.Connection, number: int) -> list[wire.Incoming]:
    channel, got = connection.channel(), []
    channel.basic_consume(QUEUE)
    receiver = wire.Receiver(channel, got.append)
    connection.transport.sock.settimeout(10)
    while len(got) < number:
        receiver.read()
    channel.basic_ack(got[-1].tag, multiple=True)
    return got


def test_what_is_published_is_byte_for_byte_what_py_amqp_publishes(connection: amqp.Connection) -> None:
    channel, socket = connection.channel(), counted(connection)
    wire.publish(channel, EXCHANGE, "application/json", messages())
    ours = bytes(socket.written)
    socket.written.clear()
    for message_id, kind, body, _ in messages():
        message = amqp.Message(body, content_type="application/json", message_id=message_id, delivery_mode=2, type=kind)
        channel.send_method(spec.Basic.Publish, "Bssbb", (0, EXCHANGE, kind, True, False), message)

    # py-amqp sends an empty body as nothing at all, and divides a long one where the longest frame ends, as we do.
    assert ours == bytes(socket.written)


def test_a_message_with_a_routing_key_of_its_own_is_what_py_amqp_publishes(connection: amqp.Connection) -> None:
    channel, socket = connection.channel(), counted(connection)
    wire.publish(channel, "", "text/plain", [wire.Outgoing("id", "item.made.v1", b"x", QUEUE)])
    ours = bytes(socket.written)
    socket.written.clear()
    properties = {"content_type": "text/plain", "message_id": "id", "delivery_mode": 2, "type": "item.made.v1"}
    message = amqp.Message(b"x", **properties)
    channel.send_method(spec.Basic.Publish, "Bssbb", (0, "", QUEUE, True, False), message)

    assert ours == bytes(socket.written)
    assert [message.routing_key for message in receive(connection, 2)] == [QUEUE, QUEUE]


def test_many_messages_go_out_in_few_packets_and_come_in_by_few_reads(connection: amqp.Connection) -> None:
    channel, socket = connection.channel(), counted(connection)
    channel.confirm_select()
    unconfirmed = set(range(1, len(BODIES) + 1))
    channel.events["basic_ack"].add(
        lambda tag, multiple: unconfirmed.difference_update(range(1, tag + 1) if multiple else [tag])
    )
    writes = socket.writes
    wire.publish(channel, EXCHANGE, "application/json", messages())
    assert socket.writes - writes < 15
    while unconfirmed:
        connection.drain_events(timeout=10)

    reads = socket.reads
    got = receive(connection, len(BODIES))
    assert [message.body for message in got] == BODIES
    assert [message.tag for message in got] == list(range(1, len(BODIES) + 1))
    assert {(message.exchange, message.routing_key) for message in got} == {(EXCHANGE, "item.made.v1")}
    assert socket.reads - reads < 300, "py-amqp alone asks nine times for each message"
    assert connection.channel().queue_declare(QUEUE, passive=True).message_count == 0


def test_headers_are_read_wherever_they_stand_and_one_that_cant_be_read_is_none(connection: amqp.Connection) -> None:
    channel = connection.channel()
    given = {"x-tries": 3, "who": "somebody", "when": [1, {"deep": True}]}
    for content_type, encoding in ((None, None), ("application/json", None), ("text/plain", "utf-8")):
        message = amqp.Message(b"x", application_headers=given, content_type=content_type, content_encoding=encoding)
        channel.basic_publish(message, EXCHANGE, "item.x")
    channel.basic_publish(amqp.Message(b"x"), EXCHANGE, "item.x")

    assert [message.headers for message in receive(connection, 4)] == [given, given, given, {}]
    assert wire._headers(wire.CONTENT.pack(60, 0, 1) + b"\x20\x00\x00\x00\x00\x09\x03bad?") == {}


def test_what_comes_in_pieces_is_put_together_whatever_interrupts_it(connection: amqp.Connection) -> None:
    """As a look at the connection interrupts a reader that waits."""
    channel = connection.channel()
    wire.publish(channel, EXCHANGE, "application/json", messages()[:3])
    consumer, socket, chance, got = connection.channel(), connection.transport.sock, random.Random(5), []
    consumer.basic_consume(QUEUE)

    def receive_a_little(_: int) -> bytes:
        if chance.random() < 0.3:
            raise TimeoutError
        return bytes(socket.recv(chance.randrange(1, 40)))

    receiver = wire.Receiver(consumer, got.append)
    socket.settimeout(10)
    receive_as_before, connection.transport._quick_recv = connection.transport._quick_recv, receive_a_little
    while len(got) < 3:
        try:
            receiver.read()
        except TimeoutError:
            continue
    connection.transport._quick_recv = receive_as_before

    assert [message.body for message in got] == BODIES[:3]
    assert connection.channel().queue_declare(QUEUE, passive=True).consumer_count == 1  # py-amqp reads on from there


def test_what_the_broker_says_between_messages_is_heard(connection: amqp.Connection, amqp_url: str) -> None:
    channel = connection.channel()
    channel.basic_consume(QUEUE)
    receiver = wire.Receiver(channel, print)
    delete_queue(amqp_url)
    connection.transport.sock.settimeout(10)

    with pytest.raises(amqp.exceptions.ConsumerCancelled):
        while True:
            receiver.read()


def test_a_frame_that_is_none_and_a_connection_that_ends_are_told() -> None:
    def receiver(data: bytes) -> wire.Receiver:
        transport = SimpleNamespace(_read_buffer=b"", _quick_recv=lambda size: data)
        connection = SimpleNamespace(transport=transport, bytes_recv=0)
        return wire.Receiver(SimpleNamespace(connection=connection, channel_id=1), print)

    with pytest.raises(amqp.exceptions.UnexpectedFrame):
        receiver(wire.FRAME.pack(1, 1, 1) + b"x!").read()
    with pytest.raises(OSError, match="closed"):
        receiver(b"").read()
