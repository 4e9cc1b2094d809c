"""Only a token that the issuer signed for us, in time and in a known role, is let in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey, RSAKey
from sample_process import AUDIENCE, ISSUER, Issuer, Sample, unsigned

from chassis.security.tokens import KeySource, KeysUnavailable, TokenRefused, Unauthenticated, Verifier
from testkit.roles import ACCESS


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def with_public_key_as_secret(issuer: Issuer) -> str:
    """The classic confusion: HS256, with the text of the RSA key that everybody knows as its secret."""
    # Signed by hand: our own library refuses to make such a token.
    content = unsigned(issuer.claims(), alg="HS256", kid="two").rstrip(".")
    signature = hmac.new(issuer.rsa.as_pem(private=False), content.encode(), hashlib.sha256).digest()
    return f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def tampered(issuer: Issuer) -> str:
    header, _, signature = issuer.token("enterprise", enterprise="e-1").split(".")
    content = base64.urlsafe_b64encode(json.dumps(issuer.claims("province")).encode()).rstrip(b"=").decode()
    return f"{header}.{content}.{signature}"


FORGERIES: dict[str, Any] = {
    "another's key": lambda i: i.sign(i.claims(), OKPKey.generate_key("Ed25519", {"kid": "one"})),
    "another's RSA key": lambda i: i.sign(i.claims(), RSAKey.generate_key(2048, {"kid": "two"}), "RS256", "two"),
    "an unknown key": lambda i: i.sign(i.claims(), OKPKey.generate_key("Ed25519", {"kid": "x"}), kid="x"),
    "no signature": lambda i: unsigned(i.claims()),
    "the public key as a secret": with_public_key_as_secret,
    "changed claims": tampered,
    "a key of another kind": lambda i: i.sign(i.claims(), i.rsa, "RS256", "one"),
    "expired": lambda i: i.token(exp=int(time.time()) - 3600),
    "no expiry": lambda i: i.token(exp=None),
    "an infinite expiry": lambda i: i.token(exp=float("inf")),
    "not yet valid": lambda i: i.token(nbf=int(time.time()) + 3600),
    "another issuer": lambda i: i.token(iss="https://elsewhere.invalid/"),
    "another audience": lambda i: i.token(aud="elsewhere"),
    "no audience": lambda i: i.token(aud=None),
    "no subject": lambda i: i.token(sub=""),
    "a subject with NUL": lambda i: i.token(sub="a\0b"),
    "no token": lambda i: "not.a.token",
    "an empty token": lambda i: "",
    "a token of 100 KB": lambda i: i.token(padding="x" * 100_000),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_token_that_is_not_right_is_refused(issuer: Issuer, forge: Any) -> None:
    verifier = Verifier(KeySource(str(issuer.file)), ISSUER, AUDIENCE, ACCESS)

    with pytest.raises(Unauthenticated):
        verifier.authenticate(f"Bearer {forge(issuer)}")


@pytest.mark.parametrize("name", ["another's key", "no signature", "the public key as a secret", "expired", "no token"])
def test_a_forger_gets_401_and_stores_nothing(sample: Sample, issuer: Issuer, name: str) -> None:
    answer = sample.make(headers=bearer(FORGERIES[name](issuer)), role=None)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sample.count() == 0


def test_both_algorithms_are_accepted(sample: Sample, issuer: Issuer) -> None:
    by_rsa = issuer.sign(issuer.claims(), issuer.rsa, "RS256", "two")
    tokens = [issuer.token(), by_rsa, issuer.token(aud=["x", AUDIENCE])]

    assert [sample.call("GET", "/items", headers=bearer(token)).status_code for token in tokens] == [200] * 3


@pytest.mark.parametrize("bound", ["EdDSA", "Ed25519", None])
@pytest.mark.parametrize("written", ["EdDSA", "Ed25519"])
def test_either_name_of_the_algorithm_is_accepted_whichever_the_key_has(
    issuer: Issuer, tmp_path: Path, bound: str | None, written: str
) -> None:
    key = {**issuer.ed25519.as_dict(private=False), **({"alg": bound} if bound else {})}
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [key]}))
    verifier = Verifier(KeySource(str(file)), ISSUER, AUDIENCE, ACCESS)

    assert verifier.verify(issuer.sign(issuer.claims(), issuer.ed25519, written, "one")).role == "province"


def test_without_a_token_only_public_routes_answer(sample: Sample) -> None:
    public = ("/ping", "/openapi.json", "/docs", "/health/live", "/problems/not-found")

    assert sample.call("GET", "/items", role=None).status_code == 401
    assert sample.call("GET", "/items", role=None, headers={"Authorization": "Basic YTpi"}).status_code == 401
    assert [sample.call("GET", path, role=None).status_code for path in public] == [200] * len(public)


@pytest.mark.parametrize(
    "claims",
    [
        {"role": "emperor"},
        {"role": None},
        {"role": ["province"]},
        {"role": "division"},
        {"role": "enterprise"},
        {"role": "division", "division": 220000},
    ],
    ids=["an unknown role", "no role", "several roles", "no division", "no enterprise", "a division as a number"],
)
def test_a_role_that_means_nothing_here_may_do_nothing(sample: Sample, issuer: Issuer, claims: dict[str, Any]) -> None:
    answer = sample.call("GET", "/items", headers=bearer(issuer.token(**claims)))

    assert answer.status_code == 403


def test_a_role_that_is_not_listed_is_forbidden(sample: Sample) -> None:
    answer = sample.make(role="ops")

    assert answer.status_code == 403
    assert answer.json()["your_role"] == "ops"
    assert sample.count() == 0


def test_a_changed_key_file_is_read_again(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path / "jwks.json")
    issuer.publish(issuer.ed25519)
    verifier = Verifier(KeySource(str(issuer.file)), ISSUER, AUDIENCE, ACCESS)
    assert verifier.verify(issuer.token()).role == "province"

    issuer.publish(issuer.rsa)

    with pytest.raises(TokenRefused):
        verifier.verify(issuer.token())
    assert verifier.verify(issuer.sign(issuer.claims(), issuer.rsa, "RS256", "two")).subject == "province-1"


class JwksServer:
    """An issuer's JWKS address, which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.document: dict[str, Any] = {"keys": []}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(outer.document).encode())

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"


@pytest.fixture
def jwks_server() -> Iterator[JwksServer]:
    server = JwksServer()
    yield server
    server.server.shutdown()
    server.server.server_close()


def test_keys_at_a_url_are_fetched_once_and_again_for_an_unknown_key_at_most_once_a_minute(
    issuer: Issuer, jwks_server: JwksServer
) -> None:
    now = 0.0
    verifier = Verifier(KeySource(jwks_server.url, monotonic=lambda: now), ISSUER, AUDIENCE, ACCESS)
    jwks_server.document = {"keys": [issuer.rsa.as_dict(private=False)]}

    for _ in range(5):
        with pytest.raises(TokenRefused):
            verifier.verify(issuer.token())
    assert jwks_server.asked == 1

    jwks_server.document = {"keys": [issuer.ed25519.as_dict(private=False)]}
    now = 61.0
    assert verifier.verify(issuer.token()).role == "province"
    assert verifier.verify(issuer.token()).role == "province"
    assert jwks_server.asked == 2


def test_an_issuer_that_is_down_locks_nobody_out_whose_key_is_known(issuer: Issuer, jwks_server: JwksServer) -> None:
    now = 0.0
    verifier = Verifier(KeySource(jwks_server.url, monotonic=lambda: now), ISSUER, AUDIENCE, ACCESS)
    jwks_server.document = {"keys": [issuer.ed25519.as_dict(private=False)]}
    verifier.verify(issuer.token())

    jwks_server.server.shutdown()
    jwks_server.server.server_close()
    now = 3600.0

    assert verifier.verify(issuer.token()).role == "province"


def test_without_any_key_the_service_says_that_it_can_not_tell(tmp_path: Path, issuer: Issuer) -> None:
    with pytest.raises(KeysUnavailable):
        Verifier(KeySource(str(tmp_path / "missing.json")), ISSUER, AUDIENCE, ACCESS).verify(issuer.token())
