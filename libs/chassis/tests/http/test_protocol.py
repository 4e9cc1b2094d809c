"""What is not HTTP is told so and the connection ends: nothing after it can be taken for a second request."""

from __future__ import annotations

import json
import re
import socket

import pytest
from sample_process import Sample

SMUGGLED = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"
PLAIN = b"POST /items HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def exchange(sample: Sample, sent: bytes) -> bytes:
    """Everything that comes back until the server closes; a timeout if it does not."""
    with socket.create_connection(("127.0.0.1", sample.service.http_port), timeout=8) as opened:
        opened.sendall(sent)
        received = b""
        while part := opened.recv(65536):
            received += part
    return received


def problem_of(received: bytes) -> tuple[int, dict[str, object]]:
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    assert b"x-correlation-id: " in head.lower()
    return int(head.split()[1]), json.loads(body)


MALFORMED = {
    "a header line without a colon": PLAIN + b"nonsense\r\nContent-Length: 2\r\n\r\n{}",
    "a space before the colon": PLAIN + b"Content-Length : 2\r\n\r\n{}",
    "a folded header": PLAIN + b"X-A: 1\r\n 2\r\n\r\n",
    "a line feed alone": b"GET /ping HTTP/1.1\nHost: x\n\n",
    "a carriage return in a value": PLAIN + b"X-A: 1\rContent-Length: 5\r\n\r\n",
    "a NUL in a value": PLAIN + b"X-A: 1\x002\r\n\r\n",
    "two lengths": PLAIN + b"Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}",
    "the same length twice": PLAIN + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a list of lengths": PLAIN + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": PLAIN + b"Content-Length: +2\r\n\r\n{}",
    "a length with an underscore": PLAIN + b"Content-Length: 1_0\r\n\r\n{}",
    "a negative length": PLAIN + b"Content-Length: -5\r\n\r\n{}",
    "a length and chunks": PLAIN + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another encoding": PLAIN + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two encodings": PLAIN + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /items HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no host": b"GET /ping HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /ping HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "no version": b"GET /ping\r\n",
    "no request line": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    "a version that is none": b"GET /ping HTTP/x.y\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_a_400_and_ends_the_connection(sample: Sample, sent: bytes) -> None:
    received = exchange(sample, sent + SMUGGLED)

    assert received.count(b"HTTP/1.1 ") == 1, received
    assert problem_of(received)[0] == 400
    assert sample.count() == 0


CHUNKS = {
    "a negative size": b"-5\r\n",
    "a size with a sign": b"+2\r\n{}\r\n0\r\n\r\n",
    "a size in hexadecimal notation": b"0x2\r\n{}\r\n0\r\n\r\n",
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "a size of many digits": b"0" * 40 + b"2\r\n{}\r\n0\r\n\r\n",
    "more than its size": b"2\r\n{}{}\r\n0\r\n\r\n",
    "a line feed alone": b"2\n{}\n0\n\n",
    "an endless extension": b"2;" + b"a" * 10_000 + b"\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_a_malformed_chunk_is_a_400_and_ends_the_connection(sample: Sample, chunks: bytes) -> None:
    token = f"Authorization: Bearer {sample.issuer.token()}\r\n".encode()

    received = exchange(sample, PLAIN + token + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + SMUGGLED)

    assert received.count(b"HTTP/1.1 ") == 1, received
    assert problem_of(received)[0] == 400
    assert sample.count() == 0


def test_a_body_that_nobody_reads_is_not_taken_for_a_request(sample: Sample) -> None:
    size = f"Content-Length: {len(SMUGGLED)}\r\n\r\n".encode()
    closing = SMUGGLED.replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n")

    received = exchange(sample, PLAIN + size + SMUGGLED + closing)

    assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"401", b"200"]


TOO_LARGE = {
    "an address": (414, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "one header": (431, b"GET /ping HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 10_000 + b"\r\n\r\n"),
    "many headers": (431, b"GET /ping HTTP/1.1\r\nHost: x\r\n" + b"X-A: 1\r\n" * 200 + b"\r\n"),
    "all headers": (431, b"GET /ping HTTP/1.1\r\nHost: x\r\n" + (b"X-A: " + b"a" * 8000 + b"\r\n") * 12 + b"\r\n"),
}


@pytest.mark.parametrize(("status", "sent"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_for_the_server_is_a_problem_too(sample: Sample, status: int, sent: bytes) -> None:
    received = exchange(sample, sent + SMUGGLED)

    assert received.count(b"HTTP/1.1 ") == 1
    assert problem_of(received)[0] == status


def test_the_servers_own_problems_have_pages_and_speak_chinese(sample: Sample) -> None:
    sent = b"GET /ping HTTP/1.1\r\nHost: x\r\nAccept-Language: zh\r\nContent-Length: -1\r\n\r\n"

    _, problem = problem_of(exchange(sample, sent))

    assert "请求" in str(problem["detail"])
    assert sample.call("GET", str(problem["type"]), role=None).ok


def test_a_request_of_its_kind_is_answered_and_keeps_the_connection(sample: Sample) -> None:
    received = exchange(sample, SMUGGLED * 3 + SMUGGLED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    assert received.count(b"HTTP/1.1 200 OK") == 4
