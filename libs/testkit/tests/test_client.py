"""The API client: pages, refusals, and patience with a service that is away."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from testkit import Client, Refused, client
from testkit.client import NoAnswer

Answer = tuple[int, dict[str, object]]


class Service(ThreadingHTTPServer):
    """A service whose answers the test scripts; it keeps the requests as (method, path, headers)."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Answer] = lambda path: (200, {})
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.command, self.path, dict(self.headers)))
        status, content = self.server.answer(self.path)
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_GET

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(client, "PAUSE", 0.01)
    with Service() as running:
        threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
        yield running
        running.shutdown()


def test_a_list_is_read_to_its_end(service: Service) -> None:
    def answer(path: str) -> Answer:
        cursor = parse_qs(urlsplit(path).query).get("cursor", ["0"])[0]
        return 200, {"items": [{"n": int(cursor)}], "next": None if cursor == "2" else str(int(cursor) + 1)}

    service.answer = answer

    assert Client(service.url).all("/items", kind="a") == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert all("kind=a" in path for _, path, _ in service.requests)


def test_a_refusal_is_raised_with_its_problem_and_not_repeated(service: Service) -> None:
    service.answer = lambda path: (409, {"title": "Taken", "detail": "The post is taken."})

    with pytest.raises(Refused, match="The post is taken") as refused:
        Client(service.url, patience=5).post("/appointments", {})

    assert (refused.value.status, refused.value.problem["title"]) == (409, "Taken")
    assert len(service.requests) == 1


def test_a_post_is_repeated_under_its_key_until_the_service_is_back(service: Service) -> None:
    statuses = iter((503, 500, 201))
    service.answer = lambda path: (next(statuses), {"id": "a"})

    assert Client(service.url, "token", patience=5).post("/items", {"name": "screw"}, version=3) == {"id": "a"}
    keys = {headers["Idempotency-Key"] for _, _, headers in service.requests}
    assert (len(service.requests), len(keys)) == (3, 1)
    assert service.requests[0][2]["If-Match"] == '"3"'
    assert service.requests[0][2]["Authorization"] == "Bearer token"


def test_without_patience_a_service_that_is_away_is_said_to_be_at_once(service: Service) -> None:
    service.answer = lambda path: (503, {"detail": "the database is away"})

    with pytest.raises(NoAnswer, match="the database is away"):
        Client(service.url).get("/items")
    assert len(service.requests) == 1


def test_a_call_with_another_status_than_expected_shows_the_answer(service: Service) -> None:
    service.answer = lambda path: (422, {"detail": "size is negative"})

    assert Client(service.url).call("POST", "/items", 422, json={}) == {"detail": "size is negative"}
    with pytest.raises(AssertionError, match="size is negative"):
        Client(service.url).call("POST", "/items", 201, json={})
