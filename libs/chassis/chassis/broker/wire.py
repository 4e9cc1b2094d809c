"""Fewer system calls under py-amqp: it asks the socket nine times for a message, and sends each by itself.

Both change an attribute of py-amqp's transport that its own code is written around (`_quick_recv` may give more than
was asked for, `_write` takes bytes); `tests/messaging/test_wire.py` holds them to the installed version.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import amqp

READ = 8192  # more per read would be copied more often than it saves
PACKET = 65536


def read_ahead(connection: amqp.Connection) -> None:
    """Has `connection` read as much as has come, not a frame's parts one by one."""
    transport = connection.transport
    receive = transport._quick_recv
    transport._quick_recv = lambda wanted: receive(max(wanted, READ))


@contextmanager
def corked(connection: amqp.Connection) -> Iterator[None]:
    """What is written in the block goes out in packets of PACKET bytes, the last at the end of the block."""
    transport = connection.transport
    send = transport._write
    held = bytearray()

    def hold(data: bytes | memoryview) -> None:
        held.extend(data)
        if len(held) >= PACKET:
            send(bytes(held))
            held.clear()

    transport._write = hold
    try:
        yield
    finally:
        transport._write = send
    if held:
        transport.write(bytes(held))
