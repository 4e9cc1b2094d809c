"""The author and the reader, on databases of their own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from messaging_world import World

from testkit import RunningService


@pytest.fixture
def world(make_database: Callable[[str], str], amqp_url: str) -> Iterator[World]:
    """Two databases, and queues with nothing in them."""
    world = World(make_database("author"), make_database("reader"), amqp_url)
    world.build_topology()
    yield world
    world.close()


@pytest.fixture
def author(world: World, running_service: Callable[..., RunningService]) -> Callable[..., RunningService]:
    """`author()`: the author's worker, its relay running."""

    def start(process: str | None = "worker", **settings: Any) -> RunningService:
        settings = {"database_url": world.author_url, "amqp_url": world.amqp_url, **settings}
        return running_service("author", process, **settings)

    return start


@pytest.fixture
def reader(world: World, running_service: Callable[..., RunningService]) -> Callable[..., RunningService]:
    """`reader()`: the reader's worker, or with `process=None` its API as well."""

    def start(process: str | None = "worker", **settings: Any) -> RunningService:
        settings = {"database_url": world.reader_url, "amqp_url": world.amqp_url, **settings}
        return running_service("reader", process, **settings)

    return start
