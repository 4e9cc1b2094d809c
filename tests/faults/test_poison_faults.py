"""Messages that break what reads them: forged, poisoned, not to be applied, or the death of the process.

Beside each runs a stream of good events, the canary, whose delay is told: none of the others may hold it up.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from author.events import ThingChanged
from hostile import hostile_messages
from messaging_world import World

from testkit import RunningService, wait_for

Start = Callable[..., RunningService]
Report = Callable[..., None]

APPLIED_WITHIN = 90  # seconds until all is applied
PRODUCTION_DELIVERY_LIMIT = 100
MOST_RESTARTS = 8  # of a process that an event kills, before the test gives up


def test_an_event_that_kills_its_process_stands_alone_after_three_deliveries(
    world: World, start: Start, report: Report
) -> None:
    world.build_topology(PRODUCTION_DELIVERY_LIMIT)
    world.announce_many(60, 2, ThingChanged())
    world.announce("killer", ThingChanged(crash=True))
    world.announce_many(60, 2, ThingChanged())
    start("author")
    wait_for(lambda: world.unpublished() == 0, APPLIED_WITHIN)
    reader = start("reader", ready=False)
    innocent, restarts, flowing_at = len(world.announced) - 1, 0, None
    while restarts < MOST_RESTARTS:
        wait_for(lambda: not reader.alive or world.states() == [("thing:killer", 1, "waiting")], APPLIED_WITHIN)
        if flowing_at is None and len(world.effects()) == innocent:
            flowing_at = restarts
        if reader.alive:
            break
        reader.start(ready=False)
        restarts += 1
    report(world.figures(but=[("thing:killer", 1)]), restarts=restarts, inbox_flowed_after=flowing_at)
    wait_for(lambda: world.figures(but=[("thing:killer", 1)]).perfect, APPLIED_WITHIN)

    assert world.states() == [("thing:killer", 1, "waiting")]
    assert restarts <= 5


class Canary:
    """Good events, ten a second, and how long each took to its effect."""

    def __init__(self, world: World) -> None:
        self.world, self.sent = world, dict[str, float]()
        self.stop = Event()

    def sing(self) -> None:
        number = 0
        while not self.stop.wait(0.1):
            number += 1
            self.sent[f"thing:canary{number}"] = time.time()
            self.world.announce(f"canary{number}", ThingChanged(number))

    def delays(self) -> list[float]:
        """Seconds from commit to effect of each; of one that has none, until now."""
        rows = self.world.ask(self.world.reader, "SELECT aggregate, extract(epoch FROM at) AS at FROM effect_at")
        at = {row.aggregate: float(row.at) for row in rows}
        return sorted(at.get(aggregate, time.time()) - sent for aggregate, sent in self.sent.items())

    def p99(self) -> float:
        found = self.delays()
        return found[int(len(found) * 0.99)]


@contextmanager
def canary(world: World) -> Iterator[Canary]:
    """Sings in the block; the moments of the effects are kept by a trigger of the reader's database."""
    with world.reader.begin() as connection:
        for statement in TIMED:
            connection.exec_driver_sql(statement)
    bird = Canary(world)
    thread = Thread(target=bird.sing)
    thread.start()
    try:
        yield bird
    finally:
        bird.stop.set()
        thread.join()


TIMED = (
    "CREATE TABLE effect_at (aggregate TEXT, at TIMESTAMPTZ)",
    "CREATE FUNCTION note_effect() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN INSERT INTO effect_at VALUES (NEW.aggregate, clock_timestamp()); RETURN NEW; END$$",
    "CREATE TRIGGER note_effect BEFORE INSERT ON effect FOR EACH ROW EXECUTE FUNCTION note_effect()",
)
UNAPPLICABLE = 10_000


@pytest.mark.parametrize(
    ("data", "longest"),
    # Alone the first takes under 2 s; other suites share the processors.
    # A handler that is at fault is called for each, which takes its time.
    [({}, 10), (vars(ThingChanged(poison=True)), 60)],
    ids=["data of the wrong form", "a bug in the handler"],
)
def test_10000_events_that_cant_be_applied_hold_up_no_good_one(
    world: World, start: Start, report: Report, data: dict[str, Any], longest: float
) -> None:
    start("author")
    reader = start("reader")
    good = ThingChanged()
    world.announce("good", good)
    (event,) = world.events()
    bad = (
        dataclasses.replace(event, id=f"00000000-0000-7000-8000-{number:012}", subject=f"bad{number}", data=data)
        for number in range(UNAPPLICABLE)
    )
    wait_for(world.effects, APPLIED_WITHIN)
    with canary(world) as bird:
        wait_for(lambda: len(bird.delays()) > 10)
        began = time.monotonic()
        world.send([each.to_bytes() for each in bad], at_once=True)
        wait_for(lambda: count_parked(world) == UNAPPLICABLE, 900)
        seconds = time.monotonic() - began
    wait_for(lambda: world.figures().perfect, APPLIED_WITHIN)

    lines = sum("is parked" in line for line in reader.log.read_text().splitlines())
    report(
        world.figures(), parked=UNAPPLICABLE, within=f"{seconds:.1f} s", canary_p99=f"{bird.p99():.2f} s", lines=lines
    )
    assert lines <= 2 + seconds / 60
    assert bird.p99() <= longest


def count_parked(world: World) -> int:
    return int(world.ask(world.reader, "SELECT count(*) FROM inbox_parked")[0][0])


def test_hostile_messages_of_more_than_forty_kinds_hold_up_no_good_event(
    world: World, start: Start, report: Report
) -> None:
    start("author"), start("reader")
    world.announce("good")
    (event,) = world.events()
    hostile = hostile_messages(dataclasses.replace(event, subject="bad", sequence=2))
    assert len(hostile) > 40
    with canary(world) as bird:
        wait_for(lambda: len(bird.delays()) > 10)
        began = time.monotonic()
        world.send(hostile.values())
        wait_for(lambda: count_parked(world) >= len(hostile) - 1, APPLIED_WITHIN)
        seconds = time.monotonic() - began
    wait_for(lambda: world.figures().perfect, APPLIED_WITHIN)

    report(
        world.figures(),
        kinds=len(hostile),
        kept=count_parked(world),
        within=f"{seconds:.1f} s",
        p99=f"{bird.p99():.2f} s",
    )
    assert all(row.reason for row in world.parked())
    assert bird.p99() <= 2
