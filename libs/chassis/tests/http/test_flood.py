"""A thousand callers cost what one does: of readiness, of a public route, and of connections that say little."""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sample_process import Issuer, Sample

PING = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"


class SilentBroker:
    """Takes connections, counts them, and never says a word."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.listener.getsockname()[1]}/"
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self.taken.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        for each in (self.listener, *self.taken):
            each.close()


@pytest.fixture
def broker() -> Iterator[SilentBroker]:
    silent = SilentBroker()
    yield silent
    silent.close()


def test_two_hundred_probes_at_once_open_one_connection_to_the_broker(
    database_url: str, issuer: Issuer, tmp_path: Path, broker: SilentBroker
) -> None:
    sample = Sample(database_url, issuer, tmp_path, amqp_url=broker.url)
    sample.service.start()
    time_of_start = time.monotonic()
    before = len(broker.taken)
    probe = b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with ExitStack() as held:
        opened = [
            held.enter_context(socket.create_connection(("127.0.0.1", sample.service.http_port), timeout=20))
            for _ in range(200)
        ]
        for each in opened:
            each.sendall(probe)
        answers = [each.recv(4096) for each in opened]
    seconds, connections = time.monotonic() - time_of_start, len(broker.taken) - before
    sample.close()

    print(f"\n200 probes: {connections} connections to the broker, {seconds:.1f} s")
    assert all(answer.startswith(b"HTTP/1.1 ") for answer in answers)
    assert connections <= 2


def test_a_public_route_with_a_rate_tells_the_hasty_when_to_come_again(sample: Sample) -> None:
    answers = [sample.call("GET", "/limited", role=None) for _ in range(30)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    assert len(refused) >= 20
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert refused[0].headers["Content-Type"] == "application/problem+json"
    assert refused[0].json()["type"] == "/problems/too-many-requests"
    assert sample.call("GET", "/ping", role=None).ok


def test_a_thousand_connections_that_say_little_keep_nobody_out(own_sample: Sample) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, most), most))
    address = ("127.0.0.1", own_sample.service.http_port)
    taken: list[float] = []
    with ExitStack() as held:
        for number in range(1000):
            slow = held.enter_context(socket.create_connection(address, timeout=20))
            slow.sendall(b"G")
            if number % 5 == 4:
                started = time.perf_counter()
                with socket.create_connection(address, timeout=20) as quick:
                    quick.sendall(PING)
                    assert quick.recv(4096).startswith(b"HTTP/1.1 200")
                taken.append(1000 * (time.perf_counter() - started))
    taken.sort()

    print(f"\n1,000 slow connections: GET p50 {taken[100]:.1f} ms, p99 {taken[197]:.1f} ms, longest {taken[-1]:.1f} ms")
    assert taken[197] < 250


def test_headers_that_are_not_complete_in_time_are_a_408(own_sample: Sample) -> None:
    with socket.create_connection(("127.0.0.1", own_sample.service.http_port), timeout=20) as slow:
        slow.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\nX-A")
        started = time.monotonic()
        received = b""
        while part := slow.recv(4096):
            received += part
    seconds = time.monotonic() - started

    print(f"\nheaders given up after {seconds:.1f} s")
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in received
    assert seconds < 13
