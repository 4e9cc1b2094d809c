"""What is changed under py-amqp saves system calls and changes nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import amqp
import pytest

from chassis import broker
from chassis.broker import wire

QUEUE = "wire.test"


class CountingSocket:
    """A socket that counts what is asked of it."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.reads = self.writes = 0

    def recv(self, size: int) -> bytes:
        self.reads += 1
        return self.socket.recv(size)

    def sendall(self, data: bytes) -> None:
        self.writes += 1
        self.socket.sendall(data)


@pytest.fixture
def connection(amqp_url: str) -> Iterator[amqp.Connection]:
    connection = broker.connect(amqp_url, "test")
    channel = connection.channel()
    channel.queue_delete(QUEUE)
    channel.queue_declare(QUEUE, durable=True, auto_delete=False)
    yield connection
    connection.channel().queue_delete(QUEUE)
    broker.close(connection)


def counted(connection: amqp.Connection) -> CountingSocket:
    socket = CountingSocket(connection.transport.sock)
    connection.transport._quick_recv, connection.transport._write = socket.recv, socket.sendall
    return socket


def test_many_messages_go_out_in_few_packets_and_come_in_by_few_reads(connection: amqp.Connection) -> None:
    bodies = [str(number).encode() * 200 for number in range(300)] + [b"", b"x" * 300_000]
    socket = counted(connection)
    channel = connection.channel()
    channel.confirm_select()
    with wire.corked(connection):
        writes = socket.writes
        for body in bodies:
            channel.basic_publish(amqp.Message(body), routing_key=QUEUE)
    assert socket.writes - writes < 15

    wire.read_ahead(connection)
    channel.auto_decode = False
    got: list[bytes] = []
    reads = socket.reads
    channel.basic_consume(QUEUE, no_ack=True, callback=lambda message: got.append(bytes(message.body or b"")))
    while len(got) < len(bodies):
        connection.drain_events(timeout=10)
    assert got == bodies
    assert socket.reads - reads < 300, "py-amqp alone asks nine times for each message"
    channel.close()


def test_what_is_written_after_a_corked_block_goes_out_at_once(connection: amqp.Connection) -> None:
    with wire.corked(connection):
        pass
    socket = counted(connection)
    connection.channel().queue_declare(QUEUE, passive=True)

    assert socket.writes >= 2


def test_a_fault_in_a_corked_block_leaves_the_connection_uncorked(connection: amqp.Connection) -> None:
    write = connection.transport._write
    with pytest.raises(ValueError, match="in the middle"), wire.corked(connection):
        raise ValueError("in the middle")

    assert connection.transport._write == write
