"""Tokens are bounded too: in figures, texts and life; a failed fetch of keys is tried again soon."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from joserfc import jws
from sample_process import Issuer, Sample

from chassis.security.tokens import KeySource, KeysUnavailable

YEAR = 365 * 86_400
STRANGE = {
    "a figure beyond all": {"exp": 10**400},
    "a fraction beyond all": {"exp": 1e308},
    "an end in a hundred years": {"exp": int(time.time()) + 100 * YEAR},
    "an end in two days": {"exp": int(time.time()) + 2 * 86_400},
    "a start beyond all": {"nbf": 10**400},
    "an issue beyond all": {"iat": -(10**400)},
    "an end in words": {"exp": "tomorrow"},
    "an end that is true": {"exp": True},
    "a lone surrogate in the subject": {"sub": "a\ud800"},
    "a lone surrogate in a claim": {"division": "22\udfff"},
    "a lone surrogate in the id": {"jti": "\ud800"},
    "a line break in a claim": {"division": "220100\n"},
}


@pytest.mark.parametrize("claims", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_signed_token_with_strange_claims_is_refused(sample: Sample, method: str, claims: dict[str, Any]) -> None:
    # By hand, since a library refuses to write what a forger would.
    payload = json.dumps(sample.issuer.claims(**claims)).encode()
    token = jws.serialize_compact({"alg": "EdDSA", "kid": "one"}, payload, sample.issuer.ed25519, ["EdDSA"])
    header = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}

    answer = sample.call(method, "/items", headers=header, json={"name": "screw", "size": 1})

    assert answer.status_code == 401
    assert sample.count() == 0


def test_a_token_of_a_day_is_taken(sample: Sample) -> None:
    token = sample.issuer.token(exp=int(time.time()) + 86_000)

    assert sample.call("GET", "/items", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.fixture
def key_server(issuer: Issuer) -> Iterator[tuple[str, list[int]]]:
    """An issuer's address that fails at first: its URL, and the statuses that it gives one after the other."""
    statuses = [503, 503]

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0) if statuses else 200)
            self.end_headers()
            self.wfile.write(issuer.file.read_bytes())

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/jwks.json", statuses
    server.shutdown()


def test_keys_that_could_not_be_fetched_are_fetched_again_within_seconds(key_server: tuple[str, list[int]]) -> None:
    url, statuses = key_server
    now = 0.0
    source = KeySource(url, monotonic=lambda: now)
    for moment in (0.0, 0.1, 2.0):
        now = moment
        with pytest.raises(KeysUnavailable):
            source.find("one")
    assert statuses == []  # two fetches: at once, and after two seconds, and none between

    now = 4.0
    assert source.find("one") is not None
