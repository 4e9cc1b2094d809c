"""Counts what a service asks its database: a proxy that passes on the bytes and reads the protocol's messages."""

from __future__ import annotations

import socket
import struct
import threading
from types import TracebackType

from sqlalchemy.engine import make_url

UNTYPED = (80877103, 80877104)  # requests for encryption, before the connection's first message
QUERY, SYNC = b"Q", b"S"  # each waits for an answer


class CountedDatabase:
    """A way to the database at `url` that counts round trips; `url` of it is the service's."""

    def __init__(self, url: str) -> None:
        self.target = make_url(url)
        self.round_trips = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        port = self.listening.getsockname()[1]
        self.url = self.target.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)

    def __enter__(self) -> CountedDatabase:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, tb: TracebackType | None) -> None:
        self.listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            server = socket.create_connection((str(self.target.host), int(self.target.port or 5432)))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for run, ends in ((self._ask, (client, server)), (self._answer, (server, client))):
                threading.Thread(target=run, args=ends, daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        """Passes on what the service sends, message by message."""
        with client.makefile("rb") as source:
            while True:
                head = source.read(8)
                if len(head) < 8:
                    return
                length, code = struct.unpack("!ii", head)
                server.sendall(head + source.read(length - 8))
                if code not in UNTYPED:
                    break
            while kind := source.read(1):
                head = source.read(4)
                body = source.read(struct.unpack("!i", head)[0] - 4)
                self.round_trips += kind in (QUERY, SYNC)
                server.sendall(kind + head + body)
        server.shutdown(socket.SHUT_RDWR)  # the other direction ends with it, and closes both

    @staticmethod
    def _answer(server: socket.socket, client: socket.socket) -> None:
        with client, server:
            while part := server.recv(1 << 16):
                client.sendall(part)
