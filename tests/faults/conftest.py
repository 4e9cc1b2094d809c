"""The author and the reader of the chassis's messaging tests, on servers that these tests may stop and kill."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

sys.path.insert(0, str(Path(__file__).parents[2] / "libs" / "chassis" / "tests" / "messaging"))

from messaging_world import PRODUCTION_DELIVERY_LIMIT, World

from chassis import migrate
from chassis.testing import RunningService

NUMBERS = itertools.count(1)


@pytest.fixture
def world(postgres: Any, rabbitmq: Any) -> Iterator[World]:
    """Two new databases on the private server, whose commits outlive its crash, and empty queues."""
    world = World(*(_database(postgres.url, service) for service in ("author", "reader")), rabbitmq.amqp_url)
    world.build_topology(PRODUCTION_DELIVERY_LIMIT)
    yield world
    world.close()
    for server in (postgres, rabbitmq):
        if not server.alive:
            server.start()


def _database(admin_url: str, service: str) -> str:
    name = f"faults_{service}_{next(NUMBERS)}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        admin.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
    url = make_url(admin_url).set(database=name).render_as_string(hide_password=False)
    migrate.upgrade(service, url)
    return url


@pytest.fixture
def author(world: World, running_service: Callable[..., RunningService]) -> Callable[..., RunningService]:
    """`author()`: the author's worker, its relay running."""

    def start(process: str | None = "worker", **settings: Any) -> RunningService:
        return running_service("author", process, database_url=world.author_url, amqp_url=world.amqp_url, **settings)

    return start


@pytest.fixture
def reader(world: World, running_service: Callable[..., RunningService]) -> Callable[..., RunningService]:
    """`reader()`: the reader's worker, or with `process=None` its API as well."""

    def start(process: str | None = "worker", **settings: Any) -> RunningService:
        return running_service("reader", process, database_url=world.reader_url, amqp_url=world.amqp_url, **settings)

    return start


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """`show(text)`: a line that is seen in the output of a run that passes as well."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}\n")

    return write
