"""No client can stop the service: not by size, by slowness, by half a request, nor by holding every descriptor."""

from __future__ import annotations

import gc
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from sample_process import NOWHERE, Issuer, Sample
from sqlalchemy import text
from werkzeug.routing import Map
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from chassis.http.server import App, Server
from testkit import wait_for

MEBIBYTE = 1 << 20


@contextmanager
def connection(sample: Sample) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sample.service.http_port), timeout=20) as opened:
        yield opened


def raw(sample: Sample, *headers: str, body: bytes = b"", path: str = "/items") -> bytes:
    """The first bytes of the answer to a request written by hand."""
    token = sample.issuer.token()
    own = ("Host: x", f"Authorization: Bearer {token}", "Content-Type: application/json")
    with connection(sample) as opened:
        opened.sendall("\r\n".join([f"POST {path} HTTP/1.1", *own, *headers, "", ""]).encode() + body)
        return opened.recv(4096)


def test_a_body_over_one_mebibyte_is_refused(sample: Sample) -> None:
    answer = sample.call("POST", "/items", data=b"x" * (3 * MEBIBYTE), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sample.count() == 0


def test_a_huge_announced_body_is_refused_before_it_is_sent(sample: Sample) -> None:
    answer = raw(sample, "Content-Length: 10000000000", "Expect: 100-continue")

    assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_without_a_length_is_refused_once_it_is_too_large(sample: Sample) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * (MEBIBYTE // 8)

    answer = sample.call("POST", "/items", data=endless(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413


def test_a_body_without_a_length_is_taken(sample: Sample) -> None:
    body = iter([b'{"name": "screw", ', b'"size": 1}'])

    assert sample.call("POST", "/items", data=body, headers={"Content-Type": "application/json"}).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [("Content-Length: -5",), ("Content-Length: many",), ("Transfer-Encoding: chunked",)],
    ids=["a negative length", "a length in words", "no chunk"],
)
def test_half_a_request_is_answered_or_dropped_and_harms_nobody(sample: Sample, headers: tuple[str, ...]) -> None:
    answer = raw(sample, *headers, body=b"zz\r\n")

    assert not answer or answer[9:10] == b"4", answer
    assert sample.count() == 0
    assert sample.call("GET", "/ping").ok


def test_a_sender_that_goes_away_harms_nobody(sample: Sample) -> None:
    for length in (1, 500, 100_000):
        with connection(sample) as opened:
            token = sample.issuer.token()
            opened.sendall(
                f"POST /items HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()
            )
    with connection(sample) as opened:
        opened.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100)

    assert sample.call("GET", "/ping").ok
    assert sample.count() == 0


def test_a_very_long_address_is_refused(sample: Sample) -> None:
    assert sample.call("GET", "/items?name=" + "a" * 100_000).status_code in (400, 414)


@pytest.fixture
def narrow_sample(database_url: str, issuer: Issuer, tmp_path: Path) -> Iterator[Sample]:
    """A sample that may open few files."""
    sample = Sample(database_url, issuer, tmp_path)
    sample.service.start()
    process = psutil.Process(sample.service.pid)
    assert sample.make("before").status_code == 201
    limit = process.num_fds() + 10
    resource.prlimit(sample.service.pid, resource.RLIMIT_NOFILE, (limit, limit))
    yield sample
    sample.close()


def test_out_of_descriptors_the_service_waits_and_goes_on(narrow_sample: Sample) -> None:
    with ExitStack() as held:
        for _ in range(40):
            held.enter_context(connection(narrow_sample))
        wait_for(lambda: "Too many open files" in narrow_sample.service.log.read_text())

    assert wait_for(lambda: narrow_sample.make("after").status_code == 201)
    assert narrow_sample.service.alive


def test_while_the_database_is_down_writes_get_503_and_then_go_on(
    database_url: str, issuer: Issuer, tmp_path: Path, sample: Sample
) -> None:
    own = Sample(database_url, issuer, tmp_path, amqp_url=NOWHERE)
    name = own.engine.url.database
    try:
        own.service.start()
        assert own.make("before").status_code == 201
        own.engine.dispose()
        with sample.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
            admin.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            admin.execute(text(ended), {"name": name})
            refused = own.make("during", headers={"Idempotency-Key": "k-1"})
            admin.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert refused.json()["type"] == "/problems/unavailable"
        assert "FATAL" not in refused.text

        assert wait_for(lambda: own.make("during", headers={"Idempotency-Key": "k-1"}).status_code == 201)
        assert own.count() == 2
    finally:
        own.close()


def test_requests_are_measured_by_route_and_status(sample: Sample) -> None:
    sample.call("GET", "/items/01a2088a-e21e-7402-a4e7-f17706a8c46f")

    metrics = sample.call("GET", "/metrics", role=None).text
    labels = 'method="GET",route="/items/{item_id}",service="sample",status="404"'
    assert f"cqo_http_request_duration_seconds_count{{{labels}}}" in metrics


def test_many_slow_connections_do_not_hold_up_the_others(sample: Sample) -> None:
    with ExitStack() as held:
        for _ in range(50):
            opened = held.enter_context(connection(sample))
            opened.sendall(b"POST /items HTTP/1.1\r\nHost: x\r\nContent-Le")

        assert sample.make("quick").status_code == 201


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_first_part() -> None:
    server, accepted = Server(), []

    def take(run: partial[None]) -> None:
        accepted.append(run.args[0])
        server._is_accepting = False

    server.container = SimpleNamespace(spawn_managed_thread=take)
    with socket.create_server(("127.0.0.1", 0)) as server._sock, socket.create_connection(server._sock.getsockname()):
        server.run()
        with accepted[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_request_is_gone_with_its_answer_and_leaves_nothing_to_the_garbage_collector() -> None:
    # Any: what the app asks of a server
    server: Any = SimpleNamespace(in_flight=0, keeps_connections=True, make_url_map=Map)
    body = SimpleNamespace(position=0, content_length=0)
    app = App(server)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            environ = EnvironBuilder(path="/nothing", headers={"X-Correlation-Id": "of-this-test"}).get_environ()
            assert b"".join(app({**environ, "eventlet.input": body}, lambda *_: lambda _: None))
        left = [each for each in gc.get_objects() if isinstance(each, Request)]
    finally:
        gc.enable()

    assert not [each for each in left if each.headers.get("X-Correlation-Id") == "of-this-test"]
