"""The feed: a publisher's events by position, for those who were away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from author.events import HintGiven, LotChanged, ThingChanged
from messaging_world import World
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.messaging.feed_routes import FeedArguments, FeedPage, FeedPutBack, read_feed
from chassis.messaging.ops_state import outbox_state
from chassis.security.tokens import Caller
from testkit import Client, RunningService, wait_for
from testkit.roles import ACCESS

SYSTEM = Caller("test-system", "system")


@pytest.fixture
def read(world: World) -> Callable[..., FeedPage]:
    """`read(after=…, limit=…)`: a page of the author's feed."""

    def read(**query: Any) -> FeedPage:
        with Session(world.author) as session:
            return read_feed(session, "author", SYSTEM, FeedArguments(**query), world.clock.today(), ACCESS)

    return read


@pytest.fixture
def published(world: World, author: Callable[..., RunningService]) -> RunningService:
    """25 events, published by the relay."""
    world.announce_many(5, 3, ThingChanged())
    world.announce_many(5, 2, LotChanged())
    service = author(process=None)
    wait_for(lambda: world.unpublished() == 0)
    return service


def test_pages_follow_each_other_without_a_gap(
    world: World, published: RunningService, read: Callable[..., FeedPage]
) -> None:
    positions, after = [], 0
    while items := (page := read(after=after, limit=7)).items:
        positions += [item.position for item in items]
        after = page.next

    assert positions == list(range(1, 26))
    last = world.events()[-1].id
    assert read(after=after) == FeedPage(items=[], next=25, end=25, next_id=last)


def test_the_feed_shows_the_same_event_as_the_broker(
    world: World, published: RunningService, read: Callable[..., FeedPage]
) -> None:
    shown = [item.event for item in read().items]

    assert shown == [event.to_dict() for event in world.events()]


def test_events_can_be_chosen_by_type_and_object(published: RunningService, read: Callable[..., FeedPage]) -> None:
    assert {item.event["type"] for item in read(type=["lot.changed.v1"]).items} == {"lot.changed.v1"}
    assert [item.event["sequence"] for item in read(subject="o3", type=["thing.changed.v1"]).items] == [1, 2, 3]


def test_a_page_with_nothing_for_the_reader_still_moves_on(
    world: World, published: RunningService, read: Callable[..., FeedPage]
) -> None:
    last = world.events()[-1].id

    assert read(type=["thing.hinted.v1"]) == FeedPage(items=[], next=25, end=25, next_id=last)


def test_what_is_not_published_is_not_in_the_feed(world: World, read: Callable[..., FeedPage]) -> None:
    world.announce("a", HintGiven())

    assert read() == FeedPage(items=[], next=0, end=0, next_id=None)
    with Session(world.author) as session:
        state = outbox_state(session)
    assert (state.unpublished, state.by_type) == (1, {})


def test_a_slow_transaction_with_an_earlier_number_is_not_passed_over(
    world: World, author: Callable[..., RunningService], read: Callable[..., FeedPage]
) -> None:
    with world.author.connect() as slow:
        slow.execute(text("SELECT nextval('outbox_seq_seq')"))
        number = slow.scalar(text("SELECT currval('outbox_seq_seq')"))
        world.announce("quick", ThingChanged())
        author()
        wait_for(lambda: world.unpublished() == 0)
        slow.execute(
            text(
                "INSERT INTO outbox "
                "(seq, id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at) "
                "VALUES (:seq, gen_random_uuid(), 'thing', 'slow', 1, 'thing.hinted.v1', '{}', now())"
            ),
            {"seq": number},
        )
        slow.commit()
    wait_for(lambda: world.unpublished() == 0)

    assert [(item.position, item.event["subject"]) for item in read().items] == [(1, "quick"), (2, "slow")]


def test_a_feed_put_back_to_an_earlier_moment_is_told_to_its_readers(
    world: World, published: RunningService, read: Callable[..., FeedPage], token: Callable[..., str]
) -> None:
    place = read(limit=25)
    earlier = read(limit=20)
    with world.author.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE feed_position > 20"))  # as a dump of that moment has it
    with pytest.raises(FeedPutBack):
        read(after=place.next)  # further than the feed goes
    world.announce_many(10, 1, HintGiven())
    wait_for(lambda: world.unpublished() == 0)
    with pytest.raises(FeedPutBack):
        read(after=place.next, after_id=place.next_id)  # passed by now, with another event in that place

    went_on = read(after=earlier.next, after_id=earlier.next_id)
    assert [item.position for item in went_on.items] == list(range(21, 31))
    query = {"after": place.next, "after_id": place.next_id}
    problem = Client(published.url, token("system")).call("GET", "/events", 409, params=query)
    assert problem["type"].endswith("feed-put-back") and "after=0" in problem["detail"]
    assert "was the database put back?" in published.log.read_text()
