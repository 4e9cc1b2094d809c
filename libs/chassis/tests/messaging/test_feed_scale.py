"""The feed over many events: one request goes through so much and no more, and what is rare is found by an index."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from messaging_world import World
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from chassis.messaging import feed_client
from chassis.messaging.announced import announced
from chassis.messaging.feed_routes import LONGEST_LOOK, FeedArguments, FeedPage, read_feed
from chassis.security import Caller
from testkit.roles import ACCESS

SYSTEM = Caller("test-system", "system")
EVENTS = 200_000
PART = re.compile(r"outbox_(unpublished|later|\d{4}_\d\d)")
FILL = (
    "INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at, published_at, "
    "feed_position) SELECT gen_random_uuid(), 'thing', 'o' || n % 5000, n / 5000 + 1, "
    "CASE WHEN n % 90000 = 0 THEN 'thing.rare.v1' ELSE 'thing.changed.v1' END, '{}', now(), now(), n "
    "FROM generate_series(1, :events) n"
)


@pytest.fixture
def filled(world: World) -> World:
    with world.author.begin() as connection:
        connection.execute(text(FILL), {"events": EVENTS})
    with world.author.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE outbox"))
    return world


@contextmanager
def explained(world: World) -> Iterator[list[dict[str, Any]]]:
    """The plans, with what was done, of all queries of the outbox meanwhile."""
    plans: list[dict[str, Any]] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and "outbox" in statement:
            raw = connection.connection.dbapi_connection.cursor()
            raw.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            plans.append(raw.fetchone()[0][0]["Plan"])

    event.listen(world.author, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(world.author, "before_cursor_execute", explain)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_gone_through(plans: list[dict[str, Any]]) -> int:
    """How many rows of the outbox were looked at, those that were left out included."""
    scans = [node for plan in plans for node in nodes(plan) if PART.fullmatch(node.get("Relation Name", ""))]
    return sum(rows_of(node) for node in scans)


def rows_of(node: dict[str, Any]) -> int:
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return int((node["Actual Rows"] + sum(node.get(name, 0) for name in removed)) * node["Actual Loops"])


def read(world: World, **query: Any) -> FeedPage:
    with Session(world.author) as session:
        return read_feed(session, "author", SYSTEM, FeedArguments(**query), world.clock.today(), ACCESS)


def walk(world: World, most: int, **query: Any) -> tuple[list[int], int]:
    """The positions of all that a reader finds, and how many requests it makes."""
    positions, after, requests = [], 0, 0
    while requests < most:
        page = read(world, after=after, **query)
        requests += 1
        positions += [item.position for item in page.items]
        if page.next == after:
            return positions, requests
        after = page.next
    raise AssertionError(f"not at the end after {most} requests")


CASES: dict[str, dict[str, Any]] = {
    "an aggregate": {"subject": "o4711"},
    "an aggregate that is not there": {"subject": "nobody"},
    "a rare type": {"type": ["thing.rare.v1"]},
    "a type that is not there": {"type": ["thing.unheard.v1"]},
    "both": {"subject": "o0", "type": ["thing.rare.v1"]},
    "all": {"limit": 500},
}


@pytest.mark.parametrize("query", CASES.values(), ids=CASES)
def test_one_request_goes_through_few_rows(filled: World, query: dict[str, Any]) -> None:
    started = time.monotonic()
    with explained(filled) as plans:
        read(filled, **query)
    seconds, looked_at = time.monotonic() - started, rows_gone_through(plans)

    print(f"\n{query}: {looked_at} of {EVENTS} rows, {1000 * seconds:.0f} ms with its explanation")
    assert looked_at <= LONGEST_LOOK + 600
    if "subject" in query:
        assert looked_at <= 100
    # A part without rows, and the list of parts, may be read from end to end.
    assert not [
        node for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan" and rows_of(node) > 100
    ]


def test_a_reader_of_a_rare_type_finds_all_of_it_in_few_requests(filled: World) -> None:
    positions, requests = walk(filled, 5, type=["thing.rare.v1"])

    assert positions == [90_000, 180_000]
    assert requests <= 4


@pytest.fixture
def mostly_hidden(filled: World) -> Callable[[int], FeedPage]:
    """`mostly_hidden(after)`: a page of a feed of which the reader may see the last ten events only."""
    with filled.author.begin() as connection:
        connection.execute(text("UPDATE outbox SET aggregate_type = 'secret' WHERE feed_position <= 199990"))
    access = dataclasses.replace(ACCESS, private=frozenset({"secret"}))

    def page(after: int) -> FeedPage:
        with Session(filled.author) as session:
            wanted = FeedArguments(after=after)
            return read_feed(session, "author", SYSTEM, wanted, filled.clock.today(), access)

    return page


def test_a_reader_with_little_to_see_gets_to_the_end(mostly_hidden: Callable[[int], FeedPage]) -> None:
    after, requests, found = 0, 0, 0
    while (page := mostly_hidden(after)).next != after:
        after, requests, found = page.next, requests + 1, found + len(page.items)

    assert (after, found, requests) == (EVENTS, 10, EVENTS // LONGEST_LOOK)


def test_a_rebuild_goes_past_a_stretch_with_nothing_for_it(
    mostly_hidden: Callable[[int], FeedPage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(settings: Any, publisher: str, path: str, wanted: dict[str, int]) -> Any:
        return dataclasses.asdict(mostly_hidden(wanted["after"]))

    monkeypatch.setattr(feed_client, "_ask", ask)
    nothing: Any = None
    assert sum(len(page) for page in feed_client.pages(nothing, "author")) == 10


@pytest.fixture
def world(make_database: Callable[[str], str], amqp_url: str) -> Iterator[World]:
    """Two databases; nothing is sent here."""
    world = World(make_database("author"), make_database("reader"), amqp_url)
    yield world
    world.close()


def test_a_digest_of_many_events_takes_seconds_and_not_minutes(filled: World) -> None:
    started = time.monotonic()
    with Session(filled.author) as session:
        (found,) = announced(session, ["thing"], SYSTEM, filled.clock.today(), ACCESS)
    seconds = time.monotonic() - started

    print(f"\na digest of {EVENTS} events of {found.aggregates} aggregates: {1000 * seconds:.0f} ms")
    assert (found.aggregates, found.versions) == (5000, 4999 * 40 + 41)
    assert seconds < 10
