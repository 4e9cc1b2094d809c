"""One attempt over HTTP, against end points that behave badly."""

from __future__ import annotations

import datetime as dates
import ipaddress
import ssl
import time
from email.utils import format_datetime
from types import SimpleNamespace

import eventlet
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from receivers import OK, status

from notifications.adapters.webhook import client, guard
from notifications.adapters.webhook.client import Client, Tls

LOOPBACK = (guard.approvable("127.0.0.0/8"),)
PLAIN = Tls()
BODY = b'{"specversion":"1.0"}'


@pytest.fixture
def post_to():
    """`post_to(receiver)`: an attempt there; `.client` is who made it."""
    made = {}

    def post(at, seconds=2.0, resolver=guard.system_resolver, tls=PLAIN, url=None, networks=LOOPBACK):
        if at not in made:
            target = guard.parse(url or at.url, networks)
            made[at] = Client(target, lambda: guard.checked(target, networks, resolver), tls, seconds)
        post.client = made[at]
        return made[at].post(BODY, {"webhook-id": "1", "content-type": client.CONTENT_TYPE})

    yield post
    for each in made.values():
        each.close()


def test_an_attempt_sends_the_bytes_and_headers_and_keeps_the_connection(receiver, post_to):
    at = receiver()

    answers = [post_to(at) for _ in range(3)]

    assert [answer.status for answer in answers] == [204] * 3 and all(answer.is_success for answer in answers)
    assert at.connections == 1
    assert at.got[0].line == "POST /cqo HTTP/1.1" and at.got[0].body == BODY
    assert at.got[0].headers["host"] == f"127.0.0.1:{at.port}"
    assert at.got[0].headers["content-type"] == "application/cloudevents+json"


def test_proxies_of_the_environment_are_not_used(receiver, post_to, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    at = receiver()

    assert post_to(at).status == 204


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_is_no_success(code, receiver, post_to):
    other = receiver()
    at = receiver(lambda got, to: status(code, f"Location: {other.url}"))

    answer = post_to(at)

    assert answer.status == code and not answer.is_success and other.got == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), ("0", 0), ("-5", None), ("soon", None), ("9" * 40, 999999999), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_read(said, seconds, receiver, post_to):
    at = receiver(lambda got, to: status(429, f"Retry-After: {said}"))

    assert post_to(at).retry_after == seconds


def test_retry_after_may_be_a_date(receiver, post_to):
    later = format_datetime(dates.datetime.now(dates.UTC) + dates.timedelta(seconds=90), usegmt=True)
    at = receiver(lambda got, to: status(503, f"Retry-After: {later}"))

    assert 80 < post_to(at).retry_after <= 90


def trickle(head, times=200):
    def answer(got, to):
        to.sendall(head)
        for _ in range(times):
            time.sleep(0.02)
            to.sendall(b"x")

    return answer


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n"],
    ids=["says nothing", "status", "header", "body"],
)
def test_an_end_point_that_trickles_is_given_up_in_time(head, receiver, post_to):
    """Each byte comes in time: only a limit for the whole attempt ends it."""
    at = receiver(trickle(head))
    began = time.monotonic()

    answer = post_to(at, seconds=0.3)

    assert answer.status is None and answer.fault == "no whole answer within 0.3 s"
    assert time.monotonic() - began < 3


def test_a_slow_end_point_holds_up_no_other(receiver, post_to):
    slow, well = receiver(lambda got, to: time.sleep(1.5)), receiver()
    waiting = eventlet.spawn(post_to, slow, 1.0)
    eventlet.sleep(0.1)
    began = time.monotonic()

    for _ in range(20):
        assert post_to(well).status == 204

    assert time.monotonic() - began < 0.9
    assert waiting.wait().fault == "no whole answer within 1 s"


@pytest.mark.parametrize("framing", ["length", "chunked", "until it closes"])
def test_of_a_huge_answer_four_kilobytes_are_kept(framing, receiver, post_to):
    size = 50_000_000
    sent = []

    def answer(got, to):
        head = {"length": f"Content-Length: {size}", "chunked": "Transfer-Encoding: chunked"}.get(framing, "X: y")
        to.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
        for _ in range(size // 10_000):
            to.sendall(b"2710\r\n" * (framing == "chunked") + b"a" * 10_000 + b"\r\n" * (framing == "chunked"))
            sent.append(10_000)

    at = receiver(answer)
    found = post_to(at)

    assert found.status == 200 and found.body == "a" * 4096
    assert sum(sent) < size / 2
    assert post_to(at).status == 200 and at.connections == 2


def test_short_answers_of_each_framing_keep_the_connection(receiver, post_to):
    said = iter(
        [status(200, body=b"ok"), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", OK]
    )
    at = receiver(lambda got, to: next(said))

    assert [post_to(at).body for _ in range(3)] == ["ok", "ok", ""] and at.connections == 1


@pytest.mark.parametrize(
    ("said", "status_", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 200, "half"),
        (b"HTTP/1.1 500 No\r\nX: y", 500, ""),
        (b"HTTP/1.1 2", None, ""),
        (b"", None, ""),
    ],
)
def test_of_a_connection_that_is_half_closed_the_status_line_counts(said, status_, body, receiver, post_to):
    at = receiver(lambda got, to: to.sendall(said))

    answer = post_to(at)

    assert (answer.status, answer.body) == (status_, body)
    assert (answer.fault is None) == (status_ is not None)


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 999999 X\r\n\r\n", b"\x00\xff" * 50 + b"\r\n"])
def test_what_is_no_http_is_no_success(said, receiver, post_to):
    at = receiver(lambda got, to: said)

    answer = post_to(at)

    assert answer.status is None and answer.fault


def test_endless_headers_are_given_up(receiver, post_to):
    at = receiver(lambda got, to: b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200)

    assert "more than 100 headers" in post_to(at).fault


def test_a_kept_connection_that_the_end_point_has_closed_is_replaced_in_the_same_attempt(receiver, post_to):
    at = receiver()
    post_to(at)
    at.drop()

    assert post_to(at).status == 204 and at.connections == 2


def test_a_name_that_moves_between_attempts_is_refused(receiver, post_to):
    """Rebinding: the first answer of the resolver was allowed, so is not the second."""
    at = receiver(lambda got, to: OK)
    answers = iter([["127.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["169.254.169.254"], ["::ffff:127.0.0.1"]])
    options = {"url": f"http://hooks.example.cn:{at.port}/", "resolver": lambda host, port: next(answers)}

    assert post_to(at, **options).status == 204
    for _ in range(3):
        post_to.client.close()
        answer = post_to(at, **options)
        assert answer.status is None and "refused by the outbound guard" in answer.fault
    assert at.connections == 1 and at.got[0].headers["host"] == f"hooks.example.cn:{at.port}"


def test_who_does_not_listen_is_a_fault(receiver, post_to):
    at = receiver()
    at.stop()

    assert "ConnectionRefusedError" in post_to(at).fault


# TLS


def issue(name, key, issuer=None, issuer_key=None, host=None):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dates.datetime.now(dates.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dates.timedelta(days=1))
        .not_valid_after(now + dates.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if host:
        names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(issuer_key or key, hashes.SHA256())


def pem(certificate, key=None):
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    if key is not None:
        kind = serialization.PrivateFormat.PKCS8
        text += key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()
    return text


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """An authority, a server's certificate for hooks.example.cn, and a client's."""
    folder = tmp_path_factory.mktemp("pki")
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    authority = issue("authority", keys[0])
    server = issue("server", keys[1], authority, keys[0], "hooks.example.cn")
    customer = issue("cqo", keys[2], authority, keys[0])
    (folder / "server.pem").write_text(pem(server, keys[1]))
    (folder / "authority.pem").write_text(pem(authority))

    def context(asks=False):
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.load_cert_chain(folder / "server.pem")
        if asks:
            found.verify_mode = ssl.CERT_REQUIRED
            found.load_verify_locations(folder / "authority.pem")
        return found

    return SimpleNamespace(authority=pem(authority), customer=pem(customer, keys[2]), context=context)


def named(at, host="hooks.example.cn"):
    return {"url": f"https://{host}:{at.port}/", "resolver": lambda host, port: ["127.0.0.1"]}


def test_the_certificate_is_checked_against_the_name_though_the_address_is_connected_to(receiver, post_to, pki):
    at = receiver(tls=pki.context())

    answer = post_to(at, tls=Tls(pki.authority), **named(at))

    assert answer.status == 204
    assert at.names == ["hooks.example.cn"] and at.got[0].headers["host"] == f"hooks.example.cn:{at.port}"


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_certificate_that_does_not_hold_is_refused_before_anything_is_sent(wrong, receiver, post_to, pki):
    at = receiver(tls=pki.context())
    tls = Tls() if wrong == "authority" else Tls(pki.authority)
    host = "hooks.example.cn" if wrong == "authority" else "other.example.cn"

    answer = post_to(at, tls=tls, **named(at, host))

    assert answer.status is None and "the certificate is not accepted" in answer.fault and at.got == []


def test_a_client_certificate_opens_an_end_point_that_asks_for_one(receiver, post_to, pki):
    with_one, without = receiver(tls=pki.context(asks=True)), receiver(tls=pki.context(asks=True))

    assert post_to(with_one, tls=Tls(pki.authority, pki.customer), **named(with_one)).status == 204
    assert post_to(without, tls=Tls(pki.authority), **named(without)).status is None


def test_a_client_certificate_is_never_shown():
    assert "PRIVATE" not in repr(Tls("authority", "PRIVATE KEY"))
