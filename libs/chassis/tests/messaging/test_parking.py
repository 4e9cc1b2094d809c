"""Events that can't be applied: they hold up their own object only, and a person replays or skips them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from author.events import LotChanged, ThingChanged
from messaging_world import World

from testkit import RunningService, wait_for

Start = Callable[..., RunningService]


class Operator:
    """Somebody with the role `ops`, at the reader's API."""

    def __init__(self, service: RunningService, token: str) -> None:
        self.service, self.token = service, token

    def get(self, path: str) -> tuple[int, Any]:
        return self._ask("GET", path)

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.service.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)


@pytest.fixture
def operator(reader: Start, token: Callable[..., str]) -> Operator:
    """The reader runs, worker and API, and is operated."""
    return Operator(reader(process=None), token("ops"))


@pytest.fixture
def held_up(world: World, author: Start, operator: Operator) -> list[Any]:
    """Of three events of one object the first fails for good; returns the three parked rows."""
    world.announce("bad", ThingChanged(1, poison=True), ThingChanged(2), ThingChanged(3))
    world.announce("good", ThingChanged(1))
    author()
    wait_for(lambda: world.effects() == [("thing:good", 1)] and len(world.parked()) == 3)
    assert [row.state for row in world.parked()] == ["waiting", "blocked", "blocked"]
    return world.parked()


def test_an_operator_sees_what_is_parked_and_why(operator: Operator, held_up: list[Any]) -> None:
    status, listed = operator.get("/ops/parked")
    assert (status, [item["state"] for item in listed["items"]]) == (200, ["waiting", "blocked", "blocked"])

    status, shown = operator.get(f"/ops/parked/{held_up[0].id}")
    assert (status, shown["reason"]) == (200, "ValueError: a bug in the handler")
    assert "in take" in shown["detail"]
    assert shown["event"]["data"]["poison"] is True


def test_a_replay_after_the_bug_is_mended_applies_all_in_order(
    world: World, operator: Operator, held_up: list[Any]
) -> None:
    world.mend("thing:bad")
    assert operator.post(f"/ops/parked/{held_up[0].id}/replay") == (200, {"changed": 1})
    wait_for(lambda: world.parked() == [])

    assert world.effects() == [("thing:good", 1), ("thing:bad", 1), ("thing:bad", 2), ("thing:bad", 3)]


def test_all_that_waits_for_a_person_can_be_replayed_at_once(
    world: World, operator: Operator, held_up: list[Any]
) -> None:
    world.mend("thing:bad")
    assert operator.post("/ops/parked/replay") == (200, {"changed": 1})
    wait_for(lambda: world.figures().perfect)


def test_a_replay_before_the_bug_is_mended_parks_it_again(world: World, operator: Operator, held_up: list[Any]) -> None:
    operator.post(f"/ops/parked/{held_up[0].id}/replay")
    wait_for(lambda: (world.parked()[0].state, world.parked()[0].attempts) == ("waiting", 1))

    assert world.effects() == [("thing:good", 1)]


def test_a_skipped_event_lets_the_later_ones_go_on_and_is_audited(
    world: World, operator: Operator, held_up: list[Any]
) -> None:
    status, _ = operator.post(f"/ops/parked/{held_up[0].id}/skip", {"reason": "entered twice by hand"})
    assert status == 200
    wait_for(lambda: world.parked() == [])

    assert world.effects() == [("thing:good", 1), ("thing:bad", 2), ("thing:bad", 3)]
    (entry,) = world.ask(world.reader, "SELECT entry FROM audit_log")
    assert "entered twice by hand" in entry[0]


def test_an_event_can_not_be_skipped_before_its_predecessor(operator: Operator, held_up: list[Any]) -> None:
    status, problem = operator.post(f"/ops/parked/{held_up[1].id}/skip", {"reason": "no longer wanted"})

    assert status == 409
    assert "Earlier events of the same object" in problem["detail"]


def test_garbage_can_be_skipped_but_not_replayed(world: World, operator: Operator) -> None:
    world.send([b"garbage"])
    (row,) = wait_for(world.parked)
    assert operator.post(f"/ops/parked/{row.id}/replay")[0] == 409
    assert operator.post(f"/ops/parked/{row.id}/skip", {"reason": "somebody's test"})[0] == 200

    assert world.parked() == []


def test_what_is_not_ready_yet_is_tried_until_it_is(world: World, author: Start, reader: Start) -> None:
    # So rare that no event fails six times running, after which it would wait for a person: once in 8,000 runs.
    world.announce_many(40, 3, ThingChanged(failure_rate=0.1))
    author(), reader()
    wait_for(lambda: len(world.effects()) == 120 and not world.parked(), 30)

    assert world.figures().perfect


def test_what_is_never_ready_ends_with_a_person(world: World, author: Start, reader: Start) -> None:
    world.announce("a", LotChanged(failure_rate=1.0))
    author(), reader()
    wait_for(lambda: world.states() == [("lot:a", 1, "waiting")], 20)

    assert world.parked()[0].attempts == 6, "the first try and one after each of the five delays"


def test_letters_that_stood_beside_a_crash_are_applied_from_the_dead_letter_queue(
    world: World, author: Start, reader: Start
) -> None:
    world.announce_many(20, 1, ThingChanged(1))
    world.announce("killer", ThingChanged(1, crash=True))
    author()
    wait_for(lambda: world.unpublished() == 0)
    consumer = reader(ready=False)
    for _ in range(12):  # each crash sends everything back, until the broker has delivered it too often
        wait_for(lambda: not consumer.alive or world.states() == [("thing:killer", 1, "waiting")], 30)
        if consumer.alive:
            break
        consumer.start(ready=False)
    wait_for(lambda: world.states() == [("thing:killer", 1, "waiting")])

    figures = world.figures()
    assert (figures.applied, figures.lost, figures.twice) == (20, 1, 0), "all but the one that kills"
    assert world.waiting("reader.dead") == 0
