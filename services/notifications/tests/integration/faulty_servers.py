"""Servers that break off, hang and refuse on purpose: a mail server, and an HTTP gateway for texts and robots.

Each remembers what it has taken whole, by identity. What it does is said for each address, once for each attempt; then
it behaves.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Closing(Exception):
    """The connection is to be dropped."""


class FaultyMail(socketserver.ThreadingTCPServer):
    """`plan[address]`: for each attempt an answer to RCPT (`450 …`), or where the connection is dropped or hangs.

    `pipelining`: it takes commands together, and answers DATA by this code where it has refused the recipient.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, pipelining: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), MailSession)
        self.pipelining = pipelining
        self.plan: dict[str, list[str]] = {}
        self.taken: Counter[str] = Counter()
        self.letters_to: dict[str, list[EmailMessage]] = defaultdict(list)
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what is tried here."""


class MailSession(socketserver.StreamRequestHandler):
    server: FaultyMail

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 faulty")
        try:
            while line := self.rfile.readline():
                self.answer(line.decode().strip())
        except Closing:
            return

    def answer(self, line: str) -> None:
        match line.split(":")[0].upper().split(" ")[0]:
            case "EHLO" if self.server.pipelining:
                self.say("250-faulty\r\n250 PIPELINING")
            case "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                todo = self.server.plan.get(address, [])
                self.todo = todo.pop(0) if todo else ""
                if self.todo[:1].isdigit():
                    self.say(self.todo)
                    if self.todo.startswith("421"):
                        raise Closing
                else:
                    self.say("250 ok")
            case "DATA":
                self.data()
            case "QUIT":
                self.say("221 bye")
                raise Closing
            case _:
                self.say("250 ok")

    def data(self) -> None:
        if self.todo == "drop before data":
            raise Closing
        is_refused = self.todo[:1].isdigit()
        if is_refused and self.server.pipelining != "354":
            self.say(f"{self.server.pipelining} no valid recipients")
            return
        self.say("354 go on")
        if self.todo == "drop mid data":
            self.rfile.readline()
            raise Closing
        lines = list[bytes]()
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise Closing
            lines.append(line)
        if is_refused:
            self.say("554 no valid recipients" if not lines else "250 taken, though it was refused")
            self.server.taken["refused"] += bool(lines)
            return
        letter = message_from_bytes(b"".join(lines), policy=default)
        self.server.taken[letter["Message-ID"].strip("<>").partition("@")[0]] += 1
        self.server.letters_to[letter["To"]].append(letter)
        if self.todo == "drop after the dot":
            raise Closing
        if self.todo == "hang after the dot":
            self.server.ended.wait(20)
            raise Closing
        self.say("250 2.0.0 kept")


class FaultyGateway(ThreadingHTTPServer):
    """`plan[address]`: for each attempt an HTTP status, an `errcode …`, or `hang` or `drop` once it has the message."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), GatewayRequest)
        self.plan: dict[str, list[str]] = defaultdict(list)
        self.taken: Counter[str] = Counter()
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what is tried here."""


class GatewayRequest(BaseHTTPRequestHandler):
    server: FaultyGateway
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        parts = urlsplit(self.path)
        request = {"path": parts.path, "query": parse_qs(parts.query), "headers": dict(self.headers), "json": content}
        self.server.requests.append(request)
        plan = self.server.plan[content.get("to", parts.path)]
        todo = plan.pop(0) if plan else "errcode 0"
        takes = todo in ("errcode 0", "hang", "drop", "504")
        if takes:
            self.server.taken[content.get("id", parts.path)] += 1
        if todo == "hang":
            self.server.ended.wait(20)
        if todo in ("hang", "drop"):
            self.close_connection = True
            return
        status = 200 if todo.startswith("errcode") else int(todo)
        code: Any = todo.partition(" ")[2] or 0
        answer = json.dumps({"errcode": int(code) if str(code).lstrip("-").isdigit() else code, "errmsg": "-"}).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    """Runs it in a thread until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
