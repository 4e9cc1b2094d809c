"""One attempt over HTTP: to a checked address, without redirects, proxies or retries, and with an end to everything.

Answers are read by http.client. No library above it is used: those follow redirects, read proxies from the environment,
retry and resolve names again, each of which has to be turned off; here there is nothing to turn off. The sockets are
eventlet's, so an end point that takes its time holds up nothing else in the process.
"""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from eventlet import Timeout
from eventlet.green import socket, ssl

from notifications.adapters.webhook.guard import ForbiddenTarget, Target

KEPT_OF_ANSWER = 4096  # bytes
CONNECTED_WITHIN = 5.0  # seconds, for each of the addresses
MOST_TRIED = 3  # of the addresses of one name
IDLE_AT_MOST = 30.0  # seconds a connection is kept without being used; afterwards the name is resolved anew
CONTENT_TYPE = "application/cloudevents+json"

Addresses = Callable[[], Sequence[str]]  # checked anew at each call


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: the status and the beginning of the body, or else why there was none."""

    status: int | None
    body: str
    seconds: float
    fault: str | None = None
    retry_after: float | None = None  # seconds, where the answer says so

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Tls:
    """What a connection by TLS needs beside the machine's authorities; all PEM texts."""

    authority: str | None = None  # who signed the end point's certificate, if not a public authority
    certificate: str | None = field(default=None, repr=False)  # the client's, with its key
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2

    def context(self) -> Any:  # Any: eventlet has no types
        """A context that checks the end point's certificate and name; ValueError where a PEM can't be used."""
        context = ssl.create_default_context(cadata=self.authority)
        context.minimum_version = self.minimum
        if self.certificate is not None:
            # OpenSSL reads it from a file only; this one has no name on any disk.
            descriptor = os.memfd_create("client-certificate")
            try:
                os.write(descriptor, self.certificate.encode())
                context.load_cert_chain(f"/proc/self/fd/{descriptor}")
            finally:
                os.close(descriptor)
        return context


class Connection:
    """A connection to one of the target's checked addresses, with the target's name in Host and SNI."""

    def __init__(self, target: Target, addresses: Addresses, tls: Any, seconds: float) -> None:  # Any: a TLS context
        self.target, self.addresses, self.tls, self.seconds = target, addresses, tls, seconds
        default_port = 443 if target.is_secure else 80
        host = f"[{target.host}]" if ":" in target.host else target.host
        host += "" if target.port == default_port else f":{target.port}"
        self.head = f"POST {target.path} HTTP/1.1\r\nhost: {host}\r\naccept-encoding: identity\r\n".encode()
        self.sock: Any = None  # Any: eventlet has no types
        self.used_at = 0.0

    def post(self, body: bytes, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """Sends a request, and reads the answer's head; ValueError for a header that would be more than one."""
        if self.sock is None:
            self.connect()
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
            raise ValueError("a header holds the end of a line")
        # By one call: two packets would cost the receiver two wake-ups.
        self.sock.sendall(b"%s%scontent-length: %d\r\n\r\n%s" % (self.head, lines.encode("ascii"), len(body), body))
        response = http.client.HTTPResponse(self.sock, method="POST")
        response.begin()
        return response

    def connect(self) -> None:
        raw = self._connected()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.settimeout(self.seconds)
        try:
            self.sock = self.tls.wrap_socket(raw, server_hostname=self.target.host) if self.target.is_secure else raw
        except BaseException:
            raw.close()
            raise

    def close(self) -> None:
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()

    def _connected(self) -> Any:  # Any: eventlet has no types
        fault: OSError = OSError("no address")
        for address in self.addresses()[:MOST_TRIED]:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            found = socket.socket(family, socket.SOCK_STREAM)
            try:
                found.settimeout(CONNECTED_WITHIN)
                found.connect((address, self.target.port))
                return found
            except OSError as failed:
                found.close()
                fault = failed
            except BaseException:
                found.close()
                raise
        raise fault


class Client:
    """Posts to one end point, over connections that it keeps open."""

    def __init__(self, target: Target, addresses: Addresses, tls: Tls, seconds: float) -> None:
        """`seconds`: the longest that an attempt may take, from resolving the name to the last byte of the answer."""
        self.target, self.addresses, self.seconds = target, addresses, seconds
        self.tls = tls.context() if target.is_secure else None
        self.idle: list[Connection] = []

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One attempt; whatever goes wrong is in the answer."""
        began = time.monotonic()
        limit = Timeout(self.seconds, False)
        try:
            with limit:
                return self._post(body, headers, began)
        except ForbiddenTarget as fault:
            return _unanswered(began, f"refused by the outbound guard: {fault}")
        except ssl.SSLCertVerificationError as fault:
            return _unanswered(began, f"the certificate is not accepted: {fault.verify_message}")
        except (OSError, http.client.HTTPException, ValueError) as fault:
            return _unanswered(began, f"{type(fault).__name__}: {fault}"[:300])
        return _unanswered(began, f"no whole answer within {self.seconds:g} s")

    def close(self) -> None:
        """Closes the connections that are not in use."""
        while self.idle:
            self.idle.pop().close()

    def close_if_idle(self) -> None:
        """Closes those that have not been used for a while."""
        oldest = time.monotonic() - IDLE_AT_MOST
        for connection in [each for each in self.idle if each.used_at < oldest]:
            self.idle.remove(connection)
            connection.close()

    def _post(self, body: bytes, headers: Mapping[str, str], began: float) -> Answer:
        self.close_if_idle()
        connection, used = (self.idle.pop(), True) if self.idle else (self._new(), False)
        try:
            try:
                response = connection.post(body, headers)
            except (http.client.RemoteDisconnected, ConnectionError):
                # An end point closes what is idle when it likes. The attempt begins anew; it has the same id if the
                # end point took it after all.
                if not used:
                    raise
                connection.close()
                connection = self._new()
                response = connection.post(body, headers)
            kept = response.read(KEPT_OF_ANSWER)
            answer = Answer(
                response.status,
                _text(kept),
                time.monotonic() - began,
                None,
                _seconds(response.getheader("Retry-After")),
            )
            # What is longer is not read to its end, so nothing can follow it.
            if response.isclosed() and not response.will_close:
                connection.used_at = time.monotonic()
                self.idle.append(connection)
            response.close()
            return answer
        finally:
            if connection not in self.idle:
                connection.close()

    def _new(self) -> Connection:
        return Connection(self.target, self.addresses, self.tls, self.seconds)


def _unanswered(began: float, fault: str) -> Answer:
    return Answer(None, "", time.monotonic() - began, _text(fault.encode(errors="replace")))


def _text(body: bytes) -> str:
    # A database holds no text with a NUL in it.
    return body.decode(errors="replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _seconds(retry_after: str | None) -> float | None:
    """What Retry-After says, as a number or a date, in seconds from now; None where it says nothing of use."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
