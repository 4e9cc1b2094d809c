"""Messages that break what reads them: forged, poisoned, not to be applied, or the death of the process.

Beside each runs a stream of good events, the canary, whose delay is told: none of the others may hold it up.
"""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psutil
import pytest
from author.events import LotChanged, ThingChanged
from hostile import hostile_messages
from messaging_world import World

from chassis.messaging.envelope import Envelope
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
    """Good events of two types, ten a second of each, and how long each took to its effect."""

    def __init__(self, world: World) -> None:
        self.world, self.sent = world, dict[str, float]()
        self.stop = Event()

    def sing(self) -> None:
        number = 0
        while not self.stop.wait(0.1):
            number += 1
            for event in (ThingChanged(number), LotChanged(number)):
                kind = event.type.partition(".")[0]
                self.sent[f"{kind}:canary of {kind}s {number}"] = time.time()
                self.world.announce(f"canary of {kind}s {number}", event)

    def delays(self, kind: str = "", since: float = 0.0, before: float = float("inf")) -> list[float]:
        """Seconds from commit to effect of each of a kind; of one that has none, until now."""
        rows = self.world.ask(self.world.reader, "SELECT aggregate, extract(epoch FROM at) AS at FROM effect_at")
        at = {row.aggregate: float(row.at) for row in rows}
        return sorted(
            at.get(aggregate, time.time()) - sent
            for aggregate, sent in list(self.sent.items())  # it goes on singing meanwhile
            if aggregate.startswith(kind) and since <= sent < before
        )

    def p99(self, kind: str = "", since: float = 0.0, before: float = float("inf")) -> float:
        found = self.delays(kind, since, before)
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
MANY = 10_000
LOOK_EVERY = 0.5  # seconds between two counts of many rows, which take part in what is measured
LONGEST = 2.0  # seconds that good events may wait because of bad ones, beyond twice what as many good ones make them
BAD_DATA: dict[str, tuple[dict[str, Any], int]] = {
    "data of the wrong form": ({}, MANY),
    "a bug in the handler": (vars(ThingChanged(poison=True)), MANY),
    "a constraint broken at the commit": (vars(ThingChanged(broken=True)), 1_000),
}


def burst(event: Envelope, name: str, number: int, data: dict[str, Any]) -> list[bytes]:
    """The first events of so many aggregates."""
    return [
        dataclasses.replace(event, id=str(uuid.uuid4()), subject=f"{name}{each}", data=data).to_bytes()
        for each in range(number)
    ]


@pytest.mark.parametrize(("data", "number"), BAD_DATA.values(), ids=BAD_DATA)
def test_thousands_of_events_that_cant_be_applied_hold_up_no_good_one(
    world: World, start: Start, report: Report, data: dict[str, Any], number: int
) -> None:
    start("author")
    reader = start("reader")
    world.announce("good")
    (event,) = world.events()
    wait_for(world.effects, APPLIED_WITHIN)
    with canary(world) as bird:
        wait_for(lambda: len(bird.delays()) > 20)
        world.send(burst(event, "fine", number, vars(ThingChanged())), at_once=True)
        wait_for(lambda: count(world, "effect WHERE aggregate LIKE 'thing:fine%'") == number, 120)
        memory = [resident(reader)]
        began_at = time.time()
        world.send(burst(event, "bad", number, data), at_once=True)
        wait_for(lambda: count(world, "inbox_parked") >= number, 120)
        came_by = time.time()
        wait_for(lambda: count(world, "inbox_parked WHERE state = 'waiting'") == number, 300, LOOK_EVERY)
        tried_by = time.time()
        wait_for(lambda: len(bird.delays("thing", came_by)) > 20)
        memory.append(resident(reader))
    world.announced += [(f"thing:fine{each}", 1) for each in range(number)]
    wait_for(lambda: world.figures().perfect, APPLIED_WITHIN, LOOK_EVERY)

    lines = sum("is parked" in line for line in reader.log.read_text().splitlines())
    others, same, later = bird.p99("lot", began_at), bird.p99("thing", began_at), bird.p99("thing", came_by)
    as_many_good = bird.p99("lot", before=began_at)
    report(
        world.figures(),
        parked=number,
        kept_within=f"{came_by - began_at:.1f} s",
        tried_within=f"{tried_by - began_at:.1f} s",
        p99_beside_good_events=f"{as_many_good:.2f} s",
        beside_bad_ones=f"{others:.2f} s",
        of_the_bad_ones_own_type=f"{same:.2f} s",
        of_those_that_came_after_them=f"{later:.2f} s",
        lines=lines,
        memory=" to ".join(f"{each / 2**20:.0f} MB" for each in memory),
    )
    assert lines <= 1 + (tried_by - began_at) / 60
    assert others <= 2 * as_many_good + LONGEST
    assert later <= 2 * as_many_good + LONGEST
    assert same <= 2 * as_many_good + LONGEST
    assert memory[1] - memory[0] < 100 * 2**20


def count(world: World, rows: str) -> int:
    return int(world.ask(world.reader, f"SELECT count(*) FROM {rows}")[0][0])


def resident(service: RunningService) -> int:
    """Bytes of memory that a process holds."""
    return int(psutil.Process(service.pid).memory_info().rss)


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
        wait_for(lambda: count(world, "inbox_parked") >= len(hostile) - 1, APPLIED_WITHIN)
        seconds = time.monotonic() - began
    wait_for(lambda: world.figures().perfect, APPLIED_WITHIN)

    report(
        world.figures(),
        kinds=len(hostile),
        kept=count(world, "inbox_parked"),
        within=f"{seconds:.1f} s",
        p99=f"{bird.p99():.2f} s",
    )
    assert all(row.reason for row in world.parked())
    assert bird.p99() <= 2
