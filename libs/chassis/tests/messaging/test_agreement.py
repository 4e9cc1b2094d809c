"""A reader compares what it has applied with what was announced: nothing is missing for want of a later event."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from author.events import LotChanged, ThingChanged
from messaging_world import Operator, World
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.messaging import feed_client
from chassis.messaging.announced import announced
from chassis.messaging.inbox.comparing import Comparison
from chassis.messaging.outbox import heads, keeping
from chassis.security import Caller
from testkit import Client, RunningService, wait_for
from testkit.roles import ACCESS

Start = Callable[..., RunningService]
SYSTEM = Caller("test-system", "system")


class Pair:
    """The author and the reader, both with worker and API."""

    def __init__(self, world: World, author: RunningService, reader: RunningService, token: str) -> None:
        self.world, self.author, self.reader = world, author, reader
        self.operator = Operator(reader, token)

    def show(self) -> dict[str, Any]:
        (found,) = self.operator.get("/ops/agreement")[1]["items"]
        return dict(found)

    def compare(self) -> dict[str, Any]:
        """Asks for a comparison, and gives what it found."""
        (wanted,) = self.operator.post("/ops/agreement")[1]["items"]
        return dict(wait_for(lambda: self._ended_after(wanted["wanted_at"]), 60))

    def _ended_after(self, wanted_at: str) -> dict[str, Any] | None:
        found = self.show()
        ended = found["ended_at"] and datetime.fromisoformat(found["ended_at"])
        return found if ended and ended >= datetime.fromisoformat(wanted_at) else None

    def settle(self) -> None:
        """Waits until all that was announced has been applied."""
        wait_for(lambda: self.world.unpublished() == 0 and self.world.figures().perfect, 60)

    def lose(self) -> None:
        """The broker loses what it has for the reader, whose worker is stopped, once all is published."""
        wait_for(lambda: self.world.unpublished() == 0)
        with self.world.channel() as channel:
            channel.queue_purge("reader.inbox")


@pytest.fixture
def pair(world: World, author: Start, reader: Start, token: Callable[..., str]) -> Pair:
    publisher = author(process=None)
    consumer = reader(process=None, url_author=publisher.url)
    # The loop makes its row of each publisher as it begins.
    wait_for(lambda: world.ask(world.reader, "SELECT 1 FROM agreement"))
    return Pair(world, publisher, consumer, token("ops"))


def counts(found: dict[str, Any], kind: str) -> dict[str, int]:
    """What was found of a kind of aggregate, without what is 0."""
    (of_kind,) = [each for each in found["types"] if each["type"] == kind]
    return {name: value for name, value in of_kind.items() if isinstance(value, int) and value}


def test_a_last_event_that_was_lost_is_found_and_applied_without_a_later_one(pair: Pair, world: World) -> None:
    world.announce_many(20, 2, ThingChanged(1))
    pair.settle()
    assert pair.compare()["agrees"] is True
    pair.reader.stop()
    world.announce("o7", ThingChanged(3))  # a revocation, say
    pair.lose()
    pair.reader.start()
    assert world.cursors()["thing:o7"] == 2
    started = time.monotonic()
    found = pair.compare()
    seconds = time.monotonic() - started

    print(f"\na lost last event: found and applied in {seconds:.1f} s, {world.figures()}")
    assert world.figures().perfect
    assert found["agrees"] is True and counts(found, "thing") == {"aggregates": 20, "fetched": 1}
    assert "1 events that author has announced had not come" in pair.reader.log.read_text()


def test_it_compares_by_itself_when_the_time_has_come(pair: Pair, world: World) -> None:
    pair.reader.stop()
    world.announce("a", ThingChanged(1))
    pair.lose()
    with world.reader.begin() as connection:
        connection.execute(text("UPDATE agreement SET started_at = now() - interval '11 minutes'"))
    pair.reader.start()

    wait_for(lambda: world.figures().perfect, 20)
    found = wait_for(lambda: pair.show()["agreed_at"] and pair.show())
    assert found["agrees"] is True and found["agreed_seconds_ago"] < 30
    line = 'cqo_agreement_age_seconds{publisher="author",service="reader"}'
    worker = Client(pair.reader.worker_url, timeout=10)
    wait_for(lambda: line in worker.send("GET", "/metrics").text)


def saved(url: str) -> str:
    """A copy of a database that nobody uses just now, as a dump of this moment would bring it back."""
    name = f"saved_{new_id().replace('-', '')}"
    with psycopg.connect(make_url(url).set(database="postgres").render_as_string(False), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {make_url(url).database}")
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def put_back(service: RunningService, url: str) -> Any:
    """Starts a stopped service on another database; gives an engine on it."""
    service.settings["database_url"] = url
    service.start()
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"))


def test_a_publisher_put_back_to_an_earlier_moment_is_told_object_by_object(pair: Pair, world: World) -> None:
    world.announce_many(20, 1, ThingChanged(1))
    pair.settle()
    pair.author.stop()
    world.author.dispose()
    copy = saved(world.author_url)
    pair.author.start()
    world.announce_many(20, 1, ThingChanged(2))
    world.announce("o0", ThingChanged(3))
    world.announce("new", ThingChanged(1))
    pair.settle()
    pair.author.stop()
    world.author = put_back(pair.author, copy)

    found = pair.compare()
    assert found["agrees"] is False
    assert counts(found, "thing") == {"aggregates": 20, "ahead": 21}, (
        "19 with a version 2, o0 with a 3, and the new one"
    )
    assert len(found["types"][0]["examples"]) == 20
    assert "was its database put back to an earlier moment?" in pair.reader.log.read_text()

    before = len(world.effects())
    for thing in world.things.values():
        thing.version = 1  # as the author remembers them now
    world.announced.clear()
    world.announce_many(20, 1, ThingChanged(9))
    started = time.monotonic()
    wait_for(lambda: world.unpublished() == 0 and world.waiting("reader.inbox") == 0)
    # 19 claim a version that is known with another id: told as they come. o0's is below its cursor: told by comparison.
    wait_for(lambda: len(world.parked()) == 19)
    found = pair.compare()
    seconds = time.monotonic() - started
    dropped_in_silence = 20 - len(world.parked()) - counts(found, "thing")["ahead"] + 1

    print(f"\na publisher put back: 20 changes, {dropped_in_silence} dropped in silence, told within {seconds:.1f} s")
    assert {state for *_, state in world.states()} == {"conflict"}
    assert counts(found, "thing") == {"aggregates": 20, "ahead": 2, "conflicting": 19}
    assert dropped_in_silence == 0
    assert len(world.effects()) == before, "nothing is applied in the place of what is known"


def test_a_publisher_that_has_lost_a_whole_kind_is_told(pair: Pair, world: World, make_database: Any) -> None:
    world.announce("a", LotChanged(1))
    pair.settle()
    assert pair.compare()["agrees"] is True
    pair.author.stop()
    put_back(pair.author, make_database("author")).dispose()

    assert counts(pair.compare(), "lot") == {"ahead": 1}


def test_a_reader_put_back_to_an_earlier_moment_catches_up_to_equality(pair: Pair, world: World) -> None:
    world.announce_many(1200, 1, ThingChanged(1))
    pair.settle()
    pair.reader.stop()
    world.reader.dispose()
    copy = saved(world.reader_url)
    pair.reader.start()
    world.announce_many(1300, 2, ThingChanged(2))
    pair.settle()
    pair.reader.stop()
    world.reader = put_back(pair.reader, copy)
    assert world.figures().lost == 2600
    started = time.monotonic()
    found = pair.compare()
    seconds = time.monotonic() - started

    print(f"\na reader put back by 2,600 events: equal after {seconds:.1f} s, {world.figures()}")
    assert world.figures().perfect
    assert found["agrees"] is True and counts(found, "thing") == {"aggregates": 1300, "fetched": 2600}


def test_an_object_held_up_by_a_parked_event_is_not_said_to_be_missing(pair: Pair, world: World) -> None:
    world.announce("bad", ThingChanged(1, poison=True), ThingChanged(2))
    wait_for(lambda: len(world.parked()) == 2)
    found = pair.compare()

    assert found["agrees"] is False
    assert counts(found, "thing") == {"aggregates": 1, "held_up": 1}
    assert found["types"][0]["examples"] == [{"aggregate": "thing:bad", "what": "held_up", "here": 0, "there": 2}]


def test_a_publisher_that_does_not_answer_is_told_and_the_last_agreement_grows_old(pair: Pair, world: World) -> None:
    assert pair.compare()["agrees"] is True
    pair.author.kill()
    found = pair.compare()

    assert found["agrees"] is False and found["agreed_at"] is not None
    assert "ECONNREFUSED" in found["problem"]


def test_cursors_from_before_ids_were_kept_learn_them(pair: Pair, world: World) -> None:
    world.announce_many(5, 2, ThingChanged(1))
    pair.settle()
    with world.reader.begin() as connection:
        connection.execute(text("UPDATE inbox_cursor SET event_id = NULL"))

    assert pair.compare()["agrees"] is True
    last = {event.aggregate: event.id for event in world.events()}
    assert {row.aggregate: row.event_id for row in world.ask(world.reader, "SELECT * FROM inbox_cursor")} == last


def test_a_subscriber_can_reckon_the_digest_itself(world: World) -> None:
    world.announce_many(300, 2, ThingChanged(1))
    last = {event.subject: event for event in world.events()}
    buckets = [0] * 256
    for event in last.values():
        of_object, of_head = (
            hashlib.md5(each.encode()).digest()
            for each in (event.subject, f"{event.subject}:{event.sequence}:{event.id}")
        )
        buckets[of_object[0]] += int.from_bytes(of_head[:6])
    with Session(world.author) as session:
        (found,) = announced(session, None, SYSTEM, world.clock.today(), ACCESS)

    assert (found.type, found.aggregates, found.versions) == ("thing", 300, 600)
    assert found.buckets == [str(each) for each in buckets]


def test_what_passes_at_the_publisher_meanwhile_is_not_taken_for_lost(
    pair: Pair, world: World, token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.announce_many(5, 1, LotChanged(1))
    pair.settle()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    kept, asked = feed_client.kept, 0

    def kept_until_just_now(settings: Any, publisher: str) -> dict[str, datetime | None]:
        nonlocal asked
        asked += 1
        found = kept(settings, publisher)
        if asked == 1:
            with Session(world.author) as session, session.begin():
                heads.digest_more(session)
                keeping.move_beginning(session, "lot", tomorrow)
                assert keeping.forget_heads(session, "lot", tomorrow) == 5
        return found

    monkeypatch.setattr(feed_client, "kept", kept_until_just_now)
    settings: Any = SimpleNamespace(feeds={"author": pair.author.url}, feed_token=token("service"))
    comparison = Comparison(settings, world.reader, "author", None, time.sleep)
    found = comparison.compare(["lot"], ["lot"])

    assert comparison.differences == {}
    assert all(each.agrees for each in found)
    assert asked > 1
