"""Each service's credentials, tried against everything else: only its own works."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psutil
import psycopg
import pytest
from privilege_probes import (
    FORBIDDEN_STATEMENTS,
    BrokerProbe,
    Credentials,
    Matrix,
    credentials_of,
    is_public,
    may_connect,
    passwords_in,
    secrets_reached,
    statements_allowed,
)

from cqolocal import paths
from cqolocal.names import SERVICES
from cqolocal.system import System

TOPOLOGY = json.loads(paths.TOPOLOGY.read_text())


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(tmp_path_factory.mktemp("privileges") / "run", print)
    try:
        system.start()
        yield system
    finally:
        system.stop()
        if system.postgres is not None:
            system.postgres.remove()


@pytest.fixture(scope="module")
def credentials(system: System) -> list[Credentials]:
    """What the running processes were given: read from the processes themselves."""
    return [credentials_of(service, psutil.Process(system.supervisor[service]).environ()) for service in SERVICES]


def settle(matrix: Matrix, wrong_at_most: int = 0) -> None:
    print("\ntried:", ", ".join(f"{number} × {kind}" for kind, number in matrix.tried.items()))
    assert not matrix.wrong, f"{len(matrix.wrong)} of {sum(matrix.tried.values())}:\n" + "\n".join(matrix.wrong)


def test_databases(system: System, credentials: list[Credentials]) -> None:
    matrix = Matrix()
    with psycopg.connect(system.postgres.url) as admin:
        databases = [row[0] for row in admin.execute("SELECT datname FROM pg_database WHERE datallowconn")]
    for own in credentials:
        for database in databases:
            matrix.enter(
                "connect", own.service, database, may_connect(own.database_url, database), database == own.service
            )
        for name, allowed in statements_allowed(own.database_url, FORBIDDEN_STATEMENTS).items():
            matrix.enter("statement", own.service, name, allowed, False)
    settle(matrix)


def test_broker(system: System, credentials: list[Credentials]) -> None:
    matrix = Matrix()
    exchanges = [each["name"] for each in TOPOLOGY["exchanges"]] + ["", "amq.topic", "amq.fanout", "cqo.topology"]
    queues = [each["name"] for each in TOPOLOGY["queues"]]
    for own in credentials:
        probe = BrokerProbe(own.amqp_url)
        for exchange in exchanges:
            matrix.enter(
                "publish", own.service, exchange, probe.may_publish(exchange), exchange == f"{own.service}.events"
            )
        for queue in queues:
            matrix.enter(
                "get",
                own.service,
                queue,
                probe.may_read(queue),
                queue in (f"{own.service}.inbox", f"{own.service}.dead"),
            )
            for exchange in exchanges:
                matrix.enter("bind", own.service, f"{queue} to {exchange}", probe.may_bind(queue, exchange), False)
        probe.close()
    settle(matrix)


def test_secrets(system: System, credentials: list[Credentials]) -> None:
    matrix = Matrix()
    folder = system.folder / "secrets"
    signing = json.loads((folder / "signing.jwk").read_text())["d"]
    reached = {own.service: secrets_reached(own.environ, folder) for own in credentials}
    passwords = {own.service: passwords_in(own.environ) for own in credentials}
    for own in credentials:
        for other in SERVICES:
            if other != own.service:
                shared = reached[own.service].keys() & reached[other].keys()
                for text in shared:
                    matrix.enter(
                        "share",
                        own.service,
                        f"{reached[own.service][text].name} with {other}",
                        not is_public(text),
                        False,
                    )
                matrix.enter(
                    "share",
                    own.service,
                    f"password with {other}",
                    bool(passwords[own.service] & passwords[other]),
                    False,
                )
        matrix.enter(
            "read", own.service, "the signing key", any(signing in text for text in reached[own.service]), False
        )
    settle(matrix)
