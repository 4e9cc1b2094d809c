"""End points of other systems, as well and as badly behaved as they are: each a server in threads of its own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Got:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int
    at: float = field(default_factory=time.monotonic)


def status(code: int, *headers: str, body: bytes = b"") -> bytes:
    head = [f"HTTP/1.1 {code} Any", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Receiver:
    """Answers each request with the bytes that `answer` returns; None closes the connection without an answer.

    `answer` may also write to the socket itself: `answer(got, socket)`.
    """

    def __init__(
        self,
        answer: Callable[[Got, socket.socket], bytes | None] = lambda got, to: OK,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.answer, self.tls = answer, tls
        self.got: list[Got] = []
        self.names: list[str | None] = []  # by SNI
        self.connections = 0
        self.open: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        if tls is not None:
            tls.sni_callback = lambda sock, name, context: self.names.append(name)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}/cqo"

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # ends the accept that is under way
        self.listener.close()
        self.drop()

    def drop(self) -> None:
        """Closes what is open, as an end point does that restarts."""
        for each in list(self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(raw, self.connections), daemon=True).start()

    def _serve(self, raw: socket.socket, number: int) -> None:
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found = self.tls.wrap_socket(raw, server_side=True) if self.tls else raw
            self.open.add(found)
            with found, found.makefile("rb") as lines:
                while first := lines.readline().decode():
                    headers = {}
                    while (line := lines.readline().decode().strip()) != "":
                        name, _, value = line.partition(": ")
                        headers[name.lower()] = value
                    body = lines.read(int(headers.get("content-length", 0)))
                    got = Got(first.strip(), headers, body, number)
                    self.got.append(got)
                    said = self.answer(got, found)
                    if said is None:
                        return
                    found.sendall(said)
        except (OSError, ValueError):
            pass
