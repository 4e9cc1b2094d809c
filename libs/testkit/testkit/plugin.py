"""Fixtures on real servers: PostgreSQL, RabbitMQ, migrated databases, and services as processes of their own.

Loaded by `-p testkit.plugin`. Servers named by CQO_TEST_POSTGRES_URL (a superuser's) and CQO_TEST_AMQP_URL (an
empty virtual host) are used; otherwise private ones are started through `servers` at the first test that
needs them, and removed at the end.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from servers import WITHOUT_SYNC, PostgresServer, RabbitServer, start_postgres, start_rabbitmq
from servers.process import listens
from testkit.events import empty_queues
from testkit.privileges import Databases, ServiceCredentials, broker_urls, broker_users
from testkit.secrets import TokenSigner, secrets_for_tests
from testkit.services import RunningService
from testkit.waiting import wait_for

TOPOLOGY = Path(__file__).resolve().parents[3] / "deploy" / "rabbitmq" / "definitions.json"
SERVICES = pytest.StashKey[list[RunningService]]()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at 09:00 of 2 March 2026 in Jilin, until the test moves it."""
    return FixedClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:  # Any: what the predicate gives
    """`wait_until(predicate, timeout)`: what the predicate gave once that was true; fails after `timeout` seconds."""
    return wait_for


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """The private PostgreSQL server itself, for tests that stop, kill and start it."""
    server = start_postgres(tmp_path_factory.mktemp("postgres"), WITHOUT_SYNC)
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The URL of a superuser of a PostgreSQL server."""
    given = os.environ.get("CQO_TEST_POSTGRES_URL")
    return given or str(request.getfixturevalue("postgres").url)


@pytest.fixture(scope="session")
def service_credentials() -> ServiceCredentials:
    """The credentials of the services at the servers of this run."""
    return ServiceCredentials()


@pytest.fixture(scope="session")
def rabbitmq(
    tmp_path_factory: pytest.TempPathFactory, service_credentials: ServiceCredentials
) -> Iterator[RabbitServer]:
    """The private broker itself, for tests that stop, kill and start it."""
    server = start_rabbitmq(tmp_path_factory.mktemp("rabbitmq"), management=False, users=broker_users())
    service_credentials.brokers[server.amqp_url] = broker_urls(server)
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def managed_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    """A broker with its HTTP API, for tests of the queues that other systems have; it has no topology."""
    server = start_rabbitmq(tmp_path_factory.mktemp("managed"), management=True, users=broker_users())
    try:
        wait_for(lambda: listens(server.management_port), 30)
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def amqp_url(request: pytest.FixtureRequest, service_credentials: ServiceCredentials) -> str:
    """The administrator's URL of a virtual host that only this test run uses."""
    given = os.environ.get("CQO_TEST_AMQP_URL")
    if given:
        users = json.loads(os.environ.get("CQO_TEST_AMQP_URLS", "{}"))
        service_credentials.brokers[given] = users
    return given or str(request.getfixturevalue("rabbitmq").amqp_url)


@pytest.fixture(scope="session")
def topology(amqp_url: str) -> str:
    """`amqp_url`, once the exchanges and queues of deploy/rabbitmq are there, and empty."""
    from chassis.broker import topology

    definitions = topology.load(TOPOLOGY)
    topology.apply(amqp_url, definitions)
    # An earlier run on the same broker leaves events that this run's keys can't open.
    empty_queues(amqp_url, [queue["name"] for queue in definitions["queues"]])
    return amqp_url


@pytest.fixture(scope="session")
def databases(postgres_url: str, service_credentials: ServiceCredentials) -> Iterator[Databases]:
    """What makes the databases of this run, and knows as which role a service reaches one."""
    databases = service_credentials.databases = Databases(postgres_url)
    yield databases
    databases.drop()


@pytest.fixture(scope="session")
def make_database(databases: Databases) -> Callable[[str], str]:
    """`make_database(service)`: a superuser's URL of a fresh database with the service's tables, made by migrations."""
    return databases.create


@pytest.fixture(scope="session")
def shared_engine(make_database: Callable[[str], str]) -> Iterator[Callable[[str], Engine]]:
    """`shared_engine(service)`: an engine on the one database for all tests that leave nothing in it."""
    engines: dict[str, Engine] = {}

    def engine_of(service: str) -> Engine:
        if service not in engines:
            url = make_url(make_database(service)).set(drivername="postgresql+psycopg")
            engines[service] = create_engine(url)
        return engines[service]

    yield engine_of
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def session(request: pytest.FixtureRequest, shared_engine: Callable[[str], Engine]) -> Iterator[Session]:
    """A session on a database of the service whose tests these are; all that it does is rolled back."""
    with shared_engine(_service_of(request.path)).connect() as connection, connection.begin() as transaction:
        # A commit inside the test releases a savepoint only.
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


def _service_of(path: Path) -> str:
    parts = path.parts
    if "services" not in parts:
        raise pytest.UsageError(f"{path} lies in no service; use make_database(service) instead of session")
    return parts[parts.index("services") + 1]


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> TokenSigner:
    """Signs the tokens of tests; `signer.jwks` is the file with the public key."""
    return TokenSigner(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def token(signer: TokenSigner) -> Callable[..., str]:
    """`token(role, division=…, enterprise=…, person=…)`: a bearer token."""
    return signer.token


@pytest.fixture(scope="session")
def service_secrets() -> dict[str, str]:
    """The secrets that all services of this run are given."""
    return secrets_for_tests()


@pytest.fixture
def running_service(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    signer: TokenSigner,
    service_secrets: dict[str, str],
    service_credentials: ServiceCredentials,
) -> Iterator[Callable[..., RunningService]]:
    """`running_service(service, **settings)`: the service as a process on free ports, once it is ready.

    Settings are written as `clock_offset_file=…`; a database and the broker are supplied unless they are given. The
    process reaches them as the service's own role and user, and the test, by `settings`, as their administrator.
    `process="api"` or `"worker"` starts one alone; `ready=False` does not wait.
    """
    running: list[RunningService] = request.node.stash.setdefault(SERVICES, [])

    def start(service: str, process: str | None = None, ready: bool = True, **settings: object) -> RunningService:
        if "database_url" not in settings:
            settings["database_url"] = request.getfixturevalue("make_database")(service)
        if "amqp_url" not in settings:
            settings["amqp_url"] = request.getfixturevalue("topology")
        settings = {"jwks": signer.jwks, "feed_token": signer.token("service"), **service_secrets, **settings}
        log = tmp_path / f"{service}-{len(running)}.log"
        running.append(RunningService(service, process, settings, log, partial(service_credentials, service)))
        return running[-1].start(ready)

    yield start
    for service in running:
        service.kill()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows, with a test that failed, where the logs of its services are and how they end."""
    report = yield
    if report.failed:
        for service in item.stash.get(SERVICES, []):
            report.sections.append((f"log of {service.service}", service.end_of_log()))
    return report
