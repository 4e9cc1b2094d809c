"""The sample service as a process, an issuer of tokens, and what a test does with both."""

from __future__ import annotations

import base64
import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import OKPKey, RSAKey
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from chassis.ids import new_id
from testkit import Client, RunningService

ISSUER, AUDIENCE = "https://id.cqo.invalid/", "cqo"
NOWHERE = "amqp://guest:guest@127.0.0.1:9/"


@dataclass
class Issuer:
    """An identity provider of our own: two keys, and the JWKS file that publishes them."""

    file: Path
    ed25519: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519", {"kid": "one"}))
    rsa: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "two"}))

    def publish(self, *keys: Any) -> None:
        self.file.write_text(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}))

    def sign(self, claims: dict[str, Any], key: Any = None, alg: str = "EdDSA", kid: str = "one") -> str:
        return jwt.encode(
            {"alg": alg, "kid": kid}, claims, key or self.ed25519, algorithms=["EdDSA", "Ed25519", "RS256", "HS256"]
        )

    def token(self, role: str = "province", **claims: Any) -> str:
        return self.sign(self.claims(role, **claims))

    def claims(self, role: str = "province", **claims: Any) -> dict[str, Any]:
        basic = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 600, "sub": f"{role}-1", "role": role}
        return {**basic, "jti": new_id(), **claims}


def engine_of(url: str) -> Engine:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"))


class Sample:
    """The running sample service, and a caller of it."""

    def __init__(self, database_url: str, issuer: Issuer, folder: Path, **settings: Any) -> None:
        self.engine = engine_of(database_url)
        self.issuer = issuer
        own = {"database_url": database_url, "amqp_url": NOWHERE, "jwks": issuer.file, **settings}
        self.service = RunningService("sample", "api", own, folder / "sample.log")

    def call(self, method: str, path: str, *, role: str | None = "province", **options: Any) -> requests.Response:
        headers = dict(options.pop("headers", {}))
        if role is not None:
            division = {"division": "220000"} if role == "division" else {}
            headers.setdefault("Authorization", f"Bearer {self.issuer.token(role, **division)}")
        return Client(self.service.url, timeout=30).send(method, path, headers=headers, **options)

    def make(self, name: str = "screw", size: int = 1, **options: Any) -> requests.Response:
        return self.call("POST", "/items", json={"name": name, "size": size}, **options)

    def count(self, table: str = "item") -> int:
        with self.engine.connect() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()

    def die(self, moment: str) -> None:
        """Has the process kill itself at that moment of the next request."""
        (Path(tempfile.gettempdir()) / f"sample-dies-{self.service.pid}").write_text(moment)

    def close(self) -> None:
        self.service.kill()
        self.engine.dispose()


def unsigned(claims: dict[str, Any], alg: str = "none", kid: str = "one") -> str:
    """A token with an empty signature."""
    parts = ({"alg": alg, "kid": kid}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
