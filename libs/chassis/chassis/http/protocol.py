"""One connection: its requests one after the other, each refused where it is not HTTP as RFC 9112 has it.

Where a request ends must never be a matter of opinion: what one server takes for a body, the next would take for a
request. So whatever is ambiguous is refused as a problem, and the connection ends there. Headers have a deadline.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import eventlet
from eventlet import wsgi
from nameko.web.server import HttpOnlyProtocol
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from chassis.errors import CqoError
from chassis.http import problems
from chassis.http.chunks import ChunkedInput
from chassis.ids import new_id

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

log = logging.getLogger(__name__)

HEADERS_WITHIN = 10  # seconds from a connection's or a request's first byte to the end of its headers
IDLE_FOR = 60  # seconds a connection may wait between two requests
LINGER, LINGER_BYTES = 1, 1 << 20  # what is still read from a sender that was refused, so that it can read why

HEADER_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n")
REQUEST_LINE = re.compile(rb"[A-Z]{1,20} [\x21-\x7e\x80-\xff]+ HTTP/1\.[01]\r\n")
LENGTH = re.compile(r"[0-9]{1,18}")


class HeaderLines:
    """Reads lines for the parser of headers, and remembers whether each was a header."""

    def __init__(self, source: Any) -> None:  # Any: eventlet's reader, which has no type
        self.source = source
        self.are_well_formed = True

    def readline(self, size: int = -1) -> bytes:
        line: bytes = self.source.readline(size)
        self.are_well_formed &= line == b"\r\n" or HEADER_LINE.fullmatch(line) is not None
        return line


class Protocol(HttpOnlyProtocol):  # type: ignore[misc]  # nameko has no types
    """nameko's protocol of a connection, strict, with deadlines, and with problems for answers."""

    headers: Any  # Any: the standard library's, or None before they are read
    rfile: Any  # Any: the connection's file, or what stands before it while headers are read
    lingers = False  # whether unread bytes may stand before the connection's end
    served = False  # whether a request of this connection has been answered

    def _read_request_line(self) -> bytes:
        self.headers = None
        self.server.on_waiting(self.connection)
        with eventlet.Timeout(IDLE_FOR if self.served else HEADERS_WITHIN, False):
            if not self.rfile.peek(1):
                return b""
        line: bytes = self._within_time(super()._read_request_line) or b""
        if len(line) < self.server.url_length_limit:
            return line
        self.refuse(problems.AddressTooLong())
        return b""

    def _within_time(self, read: Callable[[], Any]) -> Any:  # Any: whatever `read` gives
        """What `read` gives, or None when the headers' time is up and the sender has been told."""
        try:
            with eventlet.Timeout(HEADERS_WITHIN):
                return read()
        except eventlet.Timeout:
            self.refuse(problems.HeadersTimeout())
        return None

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError as fault:
            log.debug("a connection ended: %s", fault)
            self.close_connection = True
        self.served = True

    def parse_request(self) -> bool:
        lines = self.rfile = HeaderLines(self.rfile)
        try:
            parsed = self._within_time(super().parse_request)
        except (wsgi.HeaderLineTooLong, wsgi.HeadersTooLarge):
            return self.refuse(problems.HeadersTooLarge())
        if not parsed:
            self.close_connection = True
            return False
        if not REQUEST_LINE.fullmatch(self.raw_requestline) or not lines.are_well_formed or not self._is_plain():
            return self.refuse(problems.RequestMalformed())
        self.server.on_request(self.connection)
        return True

    def _is_plain(self) -> bool:
        """Whether there is one opinion only on where the request is addressed to and where it ends."""
        lengths = self.headers.get_all("Content-Length", [])
        encodings = self.headers.get_all("Transfer-Encoding", [])
        hosts = self.headers.get_all("Host", [])
        is_recent = self.request_version == "HTTP/1.1"
        return (
            len(lengths) + len(encodings) <= 1
            and all(LENGTH.fullmatch(length) for length in lengths)
            and all(is_recent and encoding.lower() == "chunked" for encoding in encodings)
            and len(hosts) <= 1
            and (len(hosts) == 1 or not is_recent)
        )

    def get_environ(self) -> WSGIEnvironment:
        environ: WSGIEnvironment = super().get_environ()
        given = environ["wsgi.input"]
        if given.chunked_input:
            given = ChunkedInput(given.rfile, given.wfile, given.wfile_line)
            environ["wsgi.input"] = environ["eventlet.input"] = given
        environ["cqo.close"] = self._close
        return environ

    def _close(self) -> None:
        """Ends the connection after the present answer, which is read to its end though some of the body is not."""
        self.close_connection = self.lingers = True

    def send_error(self, code: int, *_: object) -> None:
        """What the standard library refuses while it parses a request."""
        self.refuse(problems.HeadersTooLarge() if code == 431 else problems.RequestMalformed())

    def refuse(self, fault: CqoError) -> bool:
        """Answers a request that never became one, and ends the connection; always False, as parse_request wants."""
        self.close_connection = self.lingers = True
        language = "en"
        if self.headers is not None:
            accepted = parse_accept_header(self.headers.get("Accept-Language"), LanguageAccept)
            language = "zh" if (accepted.best_match(["en", "zh", "zh-CN"]) or "en").startswith("zh") else "en"
        correlation_id = new_id()
        log.info("a request was refused: %s", fault, extra={"correlation_id": correlation_id})
        answer = problems.response(fault, language=language, correlation_id=correlation_id, instance="")
        answer.headers.update({"X-Correlation-Id": correlation_id, "Connection": "close", "Cache-Control": "no-store"})
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        try:
            self.wfile.write(f"HTTP/1.1 {answer.status}\r\n{head}\r\n".encode() + answer.get_data())
            self.wfile.flush()
        except OSError as gone:
            log.debug("a refused sender was gone: %s", gone)
        return False

    def finish(self) -> None:
        if self.lingers:
            try:
                self._linger()
            except OSError as gone:
                log.debug("a sender was gone: %s", gone)
        super().finish()

    def _linger(self) -> None:
        """Reads on a little: a connection closed over unread bytes is reset, and its sender never reads why."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        left = LINGER_BYTES
        with eventlet.Timeout(LINGER, False):
            while left > 0 and (part := self.connection.recv(1 << 16)):
                left -= len(part)
