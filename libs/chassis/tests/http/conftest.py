"""The sample service as a process, on a fresh database, with a key to sign tokens."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from alembic.migration import MigrationContext
from alembic.operations import Operations
from joserfc import jwt
from joserfc.jwk import OKPKey, RSAKey
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import Session

from chassis import migrations
from chassis.ids import new_id

HERE = Path(__file__).parent
ISSUER, AUDIENCE = "https://id.cqo.invalid/", "cqo"
sys.path.insert(0, str(HERE))

from sample import storage  # noqa: E402


@dataclass
class Issuer:
    """An identity provider of our own: two keys, and the JWKS file that publishes them."""

    file: Path
    ed25519: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519", {"kid": "one"}))
    rsa: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "two"}))

    def publish(self, *keys: Any) -> None:
        self.file.write_text(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}))

    def sign(self, claims: dict[str, Any], key: Any = None, alg: str = "EdDSA", kid: str = "one") -> str:
        return jwt.encode({"alg": alg, "kid": kid}, claims, key or self.ed25519, algorithms=["EdDSA", "RS256", "HS256"])

    def token(self, role: str = "province", **claims: Any) -> str:
        return self.sign(self.claims(role, **claims))

    def claims(self, role: str = "province", **claims: Any) -> dict[str, Any]:
        basic = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 600, "sub": f"{role}-1", "role": role}
        return {**basic, "jti": new_id(), **claims}


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    issuer = Issuer(tmp_path_factory.mktemp("issuer") / "jwks.json")
    issuer.publish(issuer.ed25519, issuer.rsa)
    return issuer


def fresh_database(postgres_url: str) -> str:
    """The URL of a new database with the chassis's tables, made by their migration, and the sample's."""
    name = f"sample_{new_id().replace('-', '')}"
    admin = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    url = make_url(postgres_url).set(drivername="postgresql+psycopg", database=name)
    engine = create_engine(url)
    with engine.begin() as connection:
        migrations.create_v1(Operations(MigrationContext.configure(connection)))
        connection.execute(text(storage.DDL))
    engine.dispose()
    return url.render_as_string(hide_password=False)


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return fresh_database(postgres_url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@dataclass
class Sample:
    """The running sample service."""

    environ: dict[str, str]
    engine: Engine
    issuer: Issuer
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environ['CQO_HTTP_PORT']}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "sample"], env=self.environ, stderr=log)
        wait_until(self.answers, 20)

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return requests.get(f"{self.url}/ping", timeout=1).ok
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)

    def die(self, moment: str) -> None:
        Path(self.environ["SAMPLE_DIE_FILE"]).write_text(moment)

    def call(self, method: str, path: str, *, role: str | None = "province", **options: Any) -> requests.Response:
        headers = dict(options.pop("headers", {}))
        if role is not None:
            division = {"division": "220000"} if role == "division" else {}
            headers.setdefault("Authorization", f"Bearer {self.issuer.token(role, **division)}")
        return requests.request(method, self.url + path, headers=headers, timeout=30, **options)

    def items(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM item")).scalar_one()


def wait_until(condition: Callable[[], Any], timeout: float) -> Any:
    """The condition's first true value; it is asked again and again until the time is up."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(database_url: str, issuer: Issuer, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]),
        "CQO_ENV": "local",
        "CQO_DATABASE_URL": database_url.replace("+psycopg", ""),
        "CQO_AMQP_URL": "amqp://127.0.0.1:1/",
        "CQO_HTTP_HOST": "127.0.0.1",
        "CQO_HTTP_PORT": str(free_port()),
        "CQO_JWKS": str(issuer.file),
        "CQO_TOKEN_ISSUER": ISSUER,
        "CQO_TOKEN_AUDIENCE": AUDIENCE,
        "SAMPLE_DIE_FILE": str(folder / "die"),
    }


@pytest.fixture(scope="session")
def shared_sample(
    postgres_url: str, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sample]:
    """One sample for all tests that leave it running."""
    folder = tmp_path_factory.mktemp("sample")
    url = fresh_database(postgres_url)
    sample = Sample(environment(url, issuer, folder), create_engine(url), issuer, folder / "log")
    sample.start()
    yield sample
    sample.stop()
    sample.engine.dispose()


@pytest.fixture
def sample(shared_sample: Sample) -> Sample:
    """The shared sample, with no items."""
    with shared_sample.engine.begin() as connection:
        connection.execute(text("DELETE FROM item"))
        connection.execute(text("DELETE FROM idempotency"))
    return shared_sample


@pytest.fixture
def own_sample(database_url: str, engine: Engine, issuer: Issuer, tmp_path: Path) -> Iterator[Sample]:
    """A sample of the test's own, which may be killed."""
    sample = Sample(environment(database_url, issuer, tmp_path), engine, issuer, tmp_path / "log")
    sample.start()
    yield sample
    sample.stop()


def unsigned(claims: dict[str, Any]) -> str:
    """A token with `alg: none`."""
    parts = ({"alg": "none", "kid": "one"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
