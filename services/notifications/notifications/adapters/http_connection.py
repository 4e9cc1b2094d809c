"""One HTTP connection to a gateway: a POST at a time, and it is always known whether it may have been received.

It asks nobody but the server named: no proxy of the environment is used, and no redirect is followed.
"""

from __future__ import annotations

import json
import select
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

from chassis.logging import mask
from notifications.adapters.sending.connection import ServerDown
from notifications.config import check_url
from notifications.domain.notice import Outcome, Refused, Unanswered

IDLE = 5.0  # seconds after which a connection is closed, before the server does
LONGEST_ANSWER = 64 * 1024  # bytes that are read of an answer
MAX_ANSWER = 500  # characters that are kept of one
# What the gateway certainly has not taken: it was asked to wait, or is not there just now.
NOT_NOW = (408, 425, 429, 503)
# Who asks is not let in, or asks at the wrong place: the settings are to be mended, and no message is at fault.
MISCONFIGURED = (301, 302, 303, 307, 308, 401, 403, 404, 405)


class NoAnswer(Exception):
    """The request was handed over, and no whole answer came."""


@dataclass(frozen=True)
class Answer:
    """What the server said: the status, and the beginning of the content."""

    status: int
    content: bytes

    @property
    def text(self) -> str:
        """As it is kept."""
        return mask(f"{self.status} {self.content.decode('utf-8', 'replace')}")[:MAX_ANSWER]

    def document(self) -> Mapping[str, object]:
        """The JSON object in it; an empty one if there is none."""
        try:
            found = json.loads(self.content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class HttpConnection:
    """A connection to the server of `url`, used again for each POST until it has been idle for a while."""

    def __init__(self, url: str, timeout: float, authority: Path | None = None) -> None:
        """`timeout`: seconds for connecting, and for each answer; `authority`: who signed its certificate."""
        parts = urlsplit(check_url(url))
        assert parts.hostname is not None
        self.host, self.timeout = parts.hostname, timeout
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=authority)
            self.http: HTTPConnection = HTTPSConnection(self.host, parts.port, timeout=timeout, context=context)
        else:
            self.http = HTTPConnection(self.host, parts.port, timeout=timeout)
        self.used_at = 0.0

    def open(self) -> None:
        """Connects, unless the connection is there and the server has not hung up; raises ServerDown."""
        if self.is_connected:
            return
        self.http.close()
        try:
            self.http.connect()
        except (OSError, HTTPException) as fault:
            self.http.close()
            raise ServerDown(f"{type(fault).__name__} at {self.host}") from fault
        self.used_at = time.monotonic()

    @property
    def is_connected(self) -> bool:
        """Whether the server has not hung up: between two requests nothing else is to be read."""
        socket = self.http.sock
        return socket is not None and not select.select([socket], [], [], 0)[0]

    def close(self) -> None:
        self.http.close()

    def close_if_idle(self) -> None:
        if self.http.sock is not None and time.monotonic() - self.used_at > IDLE:
            self.http.close()

    def post(self, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Sends a JSON body. ServerDown if it can't have been received whole; NoAnswer if it may have been."""
        self.open()
        self.used_at = time.monotonic()
        sent = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json", **headers}
        try:
            # Without all of its bytes, whose number it names, a server can't take it.
            self.http.request("POST", target, body, sent)
        except (OSError, HTTPException) as fault:
            self.http.close()
            raise ServerDown(f"{type(fault).__name__} at {self.host}") from fault
        try:
            response = self.http.getresponse()
            content = response.read(LONGEST_ANSWER)
            if len(content) < LONGEST_ANSWER and response.length:
                raise IncompleteRead(content, response.length)
            if response.read(1):
                self.http.close()  # what is left of the answer is not wanted
        except (OSError, HTTPException) as fault:
            self.http.close()
            raise NoAnswer(f"no answer after it was handed over: {type(fault).__name__}") from fault
        if response.headers.get("Connection", "").lower() == "close":
            self.http.close()
        return Answer(response.status, content)


def refusal(answer: Answer) -> Outcome | None:
    """What an answer's status alone says; None for a success, whose content says more."""
    if 200 <= answer.status < 300:
        return None
    if answer.status in NOT_NOW or answer.status in MISCONFIGURED:
        return Refused(answer.text, permanent=False)
    if 400 <= answer.status < 500:
        return Refused(answer.text, permanent=True)
    # A gateway that breaks down, or that waited in vain for the one behind it, may have passed the message on.
    return Unanswered(answer.text)
