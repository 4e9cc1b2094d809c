"""The pull feed and an end point for webhooks, over real sockets."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks import Webhook
from test_store import delivery

from cqo_subscriber import Delivery, Feed, FeedError, Gone, Store, answer

KEPT_FROM, LAST = 11, 1234
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Publisher(BaseHTTPRequestHandler):
    """A feed from KEPT_FROM to LAST, which is busy at its first two requests."""

    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.asked.append((self.path, self.headers["Authorization"]))
        if len(self.asked) <= 2:
            self.say(HTTPStatus.SERVICE_UNAVAILABLE, {"title": "Unavailable"}, {"Retry-After": "0.01"})
        elif parts.path.endswith("/elsewhere/events"):
            self.say(HTTPStatus.FOUND, {}, {"Location": "http://127.0.0.1:9/stolen"})
        elif not parts.path.endswith("/mine/events"):
            self.say(HTTPStatus.NOT_FOUND, {"title": "NotFound", "detail": "There is no such thing."})
        else:
            query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
            after, limit = query["after"], query["limit"]
            if after + 1 < KEPT_FROM:
                self.say(HTTPStatus.GONE, {"title": "EventsGone", "first": KEPT_FROM, "last": LAST})
            else:
                numbers = range(after + 1, min(after + limit, LAST) + 1)
                self.say(HTTPStatus.OK, [delivery(number).event for number in numbers])

    def say(self, status: HTTPStatus, content: object, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Publisher.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/subscriptions"
        server.shutdown()


def test_a_feed_is_read_to_its_end_over_pages_from_where_the_store_stands(address: str, tmp_path: Path) -> None:
    applied: list[Delivery] = []
    feed = Feed(f"{address}/mine/", "a.b.c")
    with Store(tmp_path / "events.db") as store:
        with pytest.raises(Gone) as gone:
            feed.catch_up(store, applied.append)
        assert (gone.value.first, applied) == (KEPT_FROM, [])
        store.give_up(gone.value.first - 1)

        assert feed.catch_up(store, applied.append) == LAST - KEPT_FROM + 1
        assert [each.sequence for each in applied] == list(range(KEPT_FROM, LAST + 1))
        assert (feed.catch_up(store, applied.append), store.cursor) == (0, LAST)
    assert {token for _, token in Publisher.asked} == {"Bearer a.b.c"}


def test_a_refusal_is_told_and_a_token_follows_no_redirect(address: str, tmp_path: Path) -> None:
    Publisher.asked = [("", None)] * 2
    with pytest.raises(FeedError, match="404 NotFound: There is no such thing"):
        Feed(f"{address}/others", "a.b.c").page(0)
    with pytest.raises(FeedError, match="302"):
        Feed(f"{address}/elsewhere", "a.b.c").page(0)


def signed(event: object) -> tuple[bytes, dict[str, str]]:
    body, now = json.dumps(event), int(time.time())
    signature = Webhook(SECRET).sign("id", datetime.fromtimestamp(now, UTC), body)
    return body.encode(), {"webhook-id": "id", "webhook-timestamp": str(now), "webhook-signature": signature}


def test_an_end_point_echoes_the_handshake_takes_each_event_once_and_refuses_what_is_not_signed(tmp_path: Path) -> None:
    applied: list[Delivery] = []
    with Store(tmp_path / "events.db") as store:

        def said(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
            status, content = answer(body, headers, [SECRET], store, applied.append)
            return int(status), content

        challenge = {"id": "x", "type": "webhook.challenge.v1", "data": {"challenge": "abc"}}
        assert said(*signed(challenge)) == (200, b'{"challenge": "abc"}')
        assert said(*signed({"id": "x", "type": "webhook.test.v1", "data": {}})) == (204, b"")
        body, headers = signed(delivery(1).event)
        assert [said(body, headers) for _ in range(5)] == [(204, b"")] * 5
        assert said(body + b" ", headers)[0] == 401
        assert said(*signed({"id": "x", "type": "a.made.v1"}))[0] == 400
    assert [each.sequence for each in applied] == [1]
