"""`chassis.fetching` against a real server: what it sends, and what it makes of each answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chassis import fetching
from chassis.fetching import NotFetched, Refused


class Handler(BaseHTTPRequestHandler):
    """Answers by the address that is asked for, and keeps what it was asked."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))  # type: ignore[attr-defined]
        status, content, headers = self.server.answers[self.path.partition("?")[0]]  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(headers.get("X-Promised", len(content))))
        self.end_headers()
        self.wfile.write(content)

    do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def test_the_query_leaves_out_what_is_none_and_repeats_a_list(server: Server) -> None:
    server.answers["/events"] = 200, b'{"items": []}', {}
    wanted = {"subject": None, "after": 0, "type": ["a b", "c"]}

    assert fetching.get(f"{server.url}/events", wanted, token="t", timeout=5) == {"items": []}
    method, path, headers, _ = server.asked[0]
    assert (method, path, headers["Authorization"]) == ("GET", "/events?after=0&type=a+b&type=c", "Bearer t")


def test_a_refusal_is_told_by_its_status_and_what_was_said(server: Server) -> None:
    server.answers["/gone"] = 410, b'{"last": 7}', {}

    with pytest.raises(Refused, match=r"status 410: .*7") as told:
        fetching.get(f"{server.url}/gone", timeout=5)
    assert told.value.status == 410 and json.loads(told.value.said) == {"last": 7}


def test_what_is_no_json_or_breaks_off_or_is_not_there_is_not_fetched(server: Server) -> None:
    server.answers["/html"] = 200, b"<html>", {}
    server.answers["/half"] = 200, b'{"a":', {"X-Promised": "100"}

    for url in (f"{server.url}/html", f"{server.url}/half", "http://127.0.0.1:9/", "file:///etc/passwd", "nothing"):
        with pytest.raises(NotFetched):
            fetching.get(url, timeout=5)


def test_a_redirect_is_followed_without_the_token(server: Server) -> None:
    server.answers["/old"] = 302, b"", {"Location": f"{server.url}/new"}
    server.answers["/new"] = 200, b"[1]", {}

    assert fetching.get(f"{server.url}/old", token="t", timeout=5) == [1]
    assert ["Authorization" in headers for _, _, headers, _ in server.asked] == [True, False]


def test_direct_means_no_redirect_and_no_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    server.answers["/here"] = 204, b"", {}
    server.answers["/old"] = 307, b"", {"Location": f"{server.url}/here"}

    assert fetching.ask(f"{server.url}/here", 5, method="PUT", body={"a": "ä"}, direct=True) is None
    assert server.asked[0][0] == "PUT" and json.loads(server.asked[0][3]) == {"a": "ä"}
    with pytest.raises(Refused, match="status 307"):
        fetching.ask(f"{server.url}/old", 5, direct=True)
    with pytest.raises(NotFetched, match="Connection refused"):  # the proxy's
        fetching.get(f"{server.url}/here", timeout=5)
