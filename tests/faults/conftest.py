"""An author and a reader on servers of their own, which the tests stop and kill; and the figures at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from messaging_world import Figures, World
from sqlalchemy.engine import make_url

from testkit import RunningService

FIGURES: list[str] = []


@pytest.fixture
def world(postgres: Any, rabbitmq: Any) -> Iterator[World]:
    """Two databases on a server that keeps what it has confirmed, and queues with nothing in them."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM RESET ALL")  # other tests trade this promise for speed
        admin.execute("SELECT pg_reload_conf()")
    world = World.on(postgres.url, rabbitmq.amqp_url)
    world.build_topology()
    yield world
    world.close()


@pytest.fixture
def start(world: World, running_service: Callable[..., RunningService]) -> Callable[..., RunningService]:
    """`start("author")`, `start("reader")`: one more worker of that service, by its own role if asked."""
    databases = {"author": world.author_url, "reader": world.reader_url}

    def start(service: str, role: str | None = None, ready: bool = True) -> RunningService:
        url = make_url(databases[service]).set(**({"username": role} if role else {}))
        database_url = url.render_as_string(hide_password=False)
        return running_service(service, "worker", ready=ready, database_url=database_url, amqp_url=world.amqp_url)

    return start


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`report(figures, **more)`: figures that are printed after the tests."""

    def add(figures: Figures, **more: Any) -> None:
        remarks = "".join(f", {name.replace('_', ' ')} {number}" for name, number in more.items())
        FIGURES.append(f"{request.node.name.removeprefix('test_').replace('_', ' ')}: {figures}{remarks}")

    return add


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """`tell(line)`: a line that is printed after the tests."""
    return lambda line: FIGURES.append(f"{request.node.name.removeprefix('test_').replace('_', ' ')}: {line}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if FIGURES:
        terminalreporter.section("figures of the fault tests")
        for line in FIGURES:
            terminalreporter.write_line(line)
