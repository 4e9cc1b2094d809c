"""A publisher that was put back and has gone on: its readers say so, and are made equal to it by `reconcile`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from author.events import LotChanged, ThingChanged
from messaging_world import World
from test_agreement import Pair, Start, counts, put_back, saved

from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.cursors import Cursor
from chassis.messaging.inbox.mending import CLOCKS_DIFFER, divide, made_at
from testkit import wait_for


@pytest.fixture
def pair(world: World, author: Start, reader: Start, token: Callable[..., str]) -> Pair:
    publisher = author(process=None)
    consumer = reader(process=None, url_author=publisher.url)
    wait_for(lambda: world.ask(world.reader, "SELECT 1 FROM agreement"))
    return Pair(world, publisher, consumer, token("ops"))


@pytest.fixture
def parted(pair: Pair, world: World) -> Pair:
    """The author is put back to version 1 of two things and lots; the reader has applied more, and a new lot."""
    for subject in ("a", "b"):
        world.announce(subject, ThingChanged(1))
        world.announce(f"lot-{subject}", LotChanged(1))
    pair.settle()
    pair.author.stop()
    world.author.dispose()
    copy = saved(world.author_url)
    pair.author.start()
    for subject in ("a", "b"):
        world.announce(subject, ThingChanged(2), ThingChanged(2))
        world.announce(f"lot-{subject}", LotChanged(2), LotChanged(2))
    world.announce("lot-new", LotChanged(1))
    pair.settle()
    assert pair.compare()["agrees"] is True
    pair.author.stop()
    # To put a database back takes longer than two clocks may differ; here it would often be done sooner.
    last = max(made_at(event_id) for (event_id,) in world.ask(world.reader, "SELECT event_id FROM inbox_cursor"))
    wait_for(lambda: time.time() * 1000 > last + CLOCKS_DIFFER)
    world.author = put_back(pair.author, copy)
    for thing in world.things.values():
        thing.version = 1  # as the author remembers them now
    world.announced = [(aggregate, 1) for aggregate in ("thing:a", "thing:b", "lot:lot-a", "lot:lot-b")]
    return pair


def reconcile(pair: Pair, *arguments: str) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """The exit status, what was found with the author, and of each aggregate that differed."""
    command = [sys.executable, "-m", "chassis.process.cli", "reader", "reconcile", "--json", *arguments]
    done = subprocess.run(command, env=pair.reader.environ, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    (found,) = json.loads(done.stdout)["publishers"]
    return done.returncode, found, {each["aggregate"]: each for each in found["findings"]}


def test_what_was_lost_is_listed_and_the_reader_is_made_equal_once_that_is_accepted(parted: Pair, world: World) -> None:
    status, found, each = reconcile(parted)

    assert (status, found["agrees"], len(each)) == (1, False, 5)
    assert each["lot:lot-a"]["lost"] == [2, 3]
    assert [row["version"] for row in each["lot:lot-a"]["known"]] == [1, 2, 3]
    assert (each["lot:lot-new"]["lost"], each["lot:lot-new"]["there"]) == ([1], 0)
    assert each["thing:a"]["stays"] == "the effects"
    assert len(world.effects()) == 13, "a list changes nothing"

    status, found, _ = reconcile(parted, "--accept", "restored from the dump of 02:00")
    assert (status, found["agrees"], found["mended"]) == (0, True, 5)
    assert sorted(effect for effect in world.effects() if effect[0].startswith("lot:")) == [
        ("lot:lot-a", 1),
        ("lot:lot-b", 1),
    ]
    assert ("thing:a", 3) in world.effects(), "facts of its own stay"
    assert world.cursors() == {"thing:a": 1, "thing:b": 1, "lot:lot-a": 1, "lot:lot-b": 1}
    entries = str(world.ask(world.reader, "SELECT * FROM audit_log"))
    assert "restored from the dump of 02:00" in entries and "lot:lot-a" in entries

    world.announce("a", ThingChanged(9))
    wait_for(lambda: world.effects().count(("thing:a", 2)) == 2)


def test_what_the_author_announced_since_is_taken_once(parted: Pair, world: World) -> None:
    parted.reader.stop()
    world.announce("a", ThingChanged(8), ThingChanged(8), ThingChanged(8))  # 2 to 4 for a second time
    world.announce("lot-a", LotChanged(8), LotChanged(8), LotChanged(8))
    world.announce("b", ThingChanged(8))
    parted.lose()
    parted.reader.start()
    before = world.effects()
    found = parted.compare()

    assert counts(found, "thing") == {"aggregates": 2, "ahead": 1, "conflicting": 1}
    assert counts(found, "lot") == {"aggregates": 2, "ahead": 2, "conflicting": 1}
    assert world.effects() == before, "version 4 follows on another 3 than the one that was applied"

    status, found, each = reconcile(parted, "--accept", "restored")
    assert (status, each["lot:lot-a"]["again"], each["lot:lot-a"]["lost"]) == (0, 3, [2, 3])
    after = world.effects()
    assert [version for aggregate, version in after if aggregate == "lot:lot-a"] == [1, 2, 3, 4]
    assert [version for aggregate, version in after if aggregate == "thing:a"] == [1, 2, 3, 2, 3, 4]
    assert world.parked() == []


def test_a_later_event_that_was_applied_does_not_hide_a_conflict(parted: Pair, world: World) -> None:
    for version in range(2, 5):
        world.announce("lot-a", LotChanged(8))
        wait_for(lambda: world.unpublished() == 0 and world.waiting("reader.inbox") == 0)
        if version == 3:
            wait_for(lambda: [state for *_, state in world.states()] == ["conflict"])
    wait_for(lambda: world.cursors()["lot:lot-a"] == 4)

    assert counts(parted.compare(), "lot") == {"aggregates": 2, "ahead": 2, "conflicting": 1}, "the heads are equal"
    status, _, each = reconcile(parted, "--accept", "restored")
    assert (status, each["lot:lot-a"]["lost"]) == (0, [2, 3])
    assert [version for aggregate, version in world.effects() if aggregate == "lot:lot-a"] == [1, 2, 3, 4]


def event(version: int, at: datetime) -> Envelope[None]:
    """An event whose id, a UUIDv7, says that it was made then."""
    made = UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | version)
    return Envelope(str(made), "/author", "lot.changed.v1", "a", at, version, None)


def test_two_histories_part_where_the_publishers_ids_are_later() -> None:
    then = datetime(2026, 3, 2, 1, tzinfo=UTC)
    first, second = event(1, then), event(2, then + timedelta(seconds=5))
    here = Cursor(4, event(4, then + timedelta(seconds=20)).id)
    again = [event(3, then + timedelta(hours=1)), event(4, then + timedelta(hours=2))]

    assert divide([first, second, *again], here) == ([first, second], again)
    assert divide([first, second], here) == ([first, second], [])
    assert divide([], here) == ([], [])
    a_little_late = event(4, then + timedelta(seconds=20.5))
    assert divide([a_little_late], here) == ([a_little_late], []), "clocks differ a little"
    assert divide([first, *again], Cursor(3, None)) == ([first, again[0]], [again[1]])
