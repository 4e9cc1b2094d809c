"""Callers of an HTTP service: each has a connection, and sends its next request when it has the last answer.

All of them share one loop over raw sockets, so that they take little of the processor from what is measured.
"""

from __future__ import annotations

import json
import re
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
WITHIN = 30  # seconds for one answer


@dataclass(frozen=True)
class Measured:
    """What callers found: how long each answer took, in seconds, and what they cost themselves."""

    seconds: float
    answers: list[float]
    processor: float  # seconds that the callers took

    @property
    def rate(self) -> float:
        return len(self.answers) / self.seconds


@dataclass
class Connection:
    """A caller's connection, and what has come of the present answer."""

    sock: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        self.received, self.sent_at = b"", time.perf_counter()
        self.sock.sendall(request)

    def receive(self) -> bool:
        """Takes in what has come; whether the answer is whole. SystemExit if it is no success."""
        part = self.sock.recv(1 << 18)
        if not part:
            raise SystemExit(f"the service ended the connection after {self.received[:500]!r}")
        self.received += part
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 2"):
            raise SystemExit(f"the service answered {self.received[:2000].decode('utf-8', 'replace')}")
        length = LENGTH.search(head + b"\r\n")
        if length is None:
            raise SystemExit(f"an answer of no length: {head!r}")
        return len(body) >= int(length[1])


def connect(port: int) -> Connection:
    """A new connection to the service."""
    sock = socket.create_connection(("127.0.0.1", port), WITHIN)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(sock)


def answer_to(port: int, request: bytes) -> Any:  # Any: a JSON value
    """What the service answers to one request."""
    connection = connect(port)
    connection.send(request)
    while not connection.receive():
        pass
    connection.sock.close()
    return json.loads(connection.received.partition(b"\r\n\r\n")[2])


def call(port: int, requests: Iterator[bytes], number: int, seconds: float) -> Measured:
    """Lets `number` callers send the requests for so long."""
    connections = {}
    poll = select.epoll()
    for _ in range(number):
        connection = connect(port)
        connections[connection.sock.fileno()] = connection
        poll.register(connection.sock.fileno(), select.EPOLLIN)
    answers: list[float] = []
    started, processor = time.perf_counter(), time.process_time()
    for connection in connections.values():
        connection.send(next(requests))
    under_way, ends = number, started + seconds
    while under_way:
        ready = poll.poll(WITHIN)
        if not ready:
            raise SystemExit(f"no answer within {WITHIN} s")
        for descriptor, _ in ready:
            connection = connections[descriptor]
            if connection.receive():
                now = time.perf_counter()
                answers.append(now - connection.sent_at)
                if now < ends:
                    connection.send(next(requests))
                else:
                    under_way -= 1
    measured = Measured(time.perf_counter() - started, answers, time.process_time() - processor)
    poll.close()
    for connection in connections.values():
        connection.sock.close()
    return measured
