"""A worker that has nothing to do sleeps: it is woken by what comes, not by looking."""

from __future__ import annotations

import time
from collections.abc import Callable

import eventlet
import psutil
from eventlet.event import Event
from eventlet.queue import LightQueue
from messaging_world import World
from sqlalchemy.engine import make_url

from chassis.stopping import StopSignal
from testkit import RunningService, wait_for

Start = Callable[..., RunningService]
LOOKED_FOR = 4  # seconds
TRANSACTIONS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '{}'"


def test_an_idle_worker_is_seldom_woken_and_asks_its_database_little(world: World, reader: Start) -> None:
    worker = psutil.Process(reader().pid)
    database = make_url(world.reader_url).database
    time.sleep(1.5)  # what every start does once

    def used() -> tuple[int, int]:
        ((transactions,),) = world.ask(world.author, TRANSACTIONS.format(database))
        return worker.num_ctx_switches().voluntary, int(transactions)

    before = used()
    time.sleep(LOOKED_FOR)
    woken, transactions = ((now - then) / LOOKED_FOR for now, then in zip(used(), before, strict=True))

    print(f"woken {woken:.1f} times a second, {transactions:.1f} transactions a second")
    assert woken <= 25  # 50 to 90 where each loop looks several times a second
    assert transactions <= 8  # 20 there


def test_an_idle_worker_publishes_and_applies_at_once(world: World, author: Start, reader: Start) -> None:
    """Longer intervals between two looks are no delay: a notification and a delivery end the wait."""
    author()
    reader()
    world.announce("first")
    wait_for(lambda: world.figures().perfect)
    waits = []
    for number in range(5):
        time.sleep(0.3)
        started = time.monotonic()
        world.announce(f"thing {number}")
        wait_for(lambda: world.figures().perfect, interval=0.01)
        waits.append(time.monotonic() - started)

    print(f"applied after {', '.join(f'{each:.3f}' for each in waits)} s")
    assert sorted(waits)[2] < 1  # the loops look every 5 s


def test_a_signal_ends_all_waits_and_none_that_begins_later_is_long() -> None:
    stop = StopSignal()
    ended: list[str] = []

    def wait_in(name: str, block: Callable[[], object]) -> None:
        with stop.at_most(600):
            block()
        ended.append(name)

    eventlet.spawn(wait_in, "queue", LightQueue().get)
    eventlet.spawn(wait_in, "event", Event().wait)
    eventlet.sleep(0)
    assert not ended
    with eventlet.Timeout(30):
        stop.give()
        eventlet.sleep(0.01)
        assert sorted(ended) == ["event", "queue"]
        stop.wait(600)


def test_a_wait_that_is_over_strikes_nothing_after_it() -> None:
    stop = StopSignal()
    with stop.at_most(0.01):
        pass
    with eventlet.Timeout(30):
        eventlet.sleep(0.05)
        with stop.at_most(600), stop.at_most(0.01):  # the inner one ends by itself, the outer one goes on
            Event().wait()
        with stop.at_most(0.01):
            stop.give()
        eventlet.sleep(0.05)
