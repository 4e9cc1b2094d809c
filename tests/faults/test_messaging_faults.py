"""Events through crashes: of a consumer, a relay, the broker, the database; and through poison, repeats and disorder.

Each test ends with the figures that count: lost 0, applied twice 0, inversions 0.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg
from author.events import LotChanged, ThingChanged
from messaging_world import World
from relays import leaders, make_role

from testkit import RunningService, wait_for

Start = Callable[..., RunningService]
Report = Callable[..., None]

APPLIED_WITHIN = 90  # seconds until all is applied


def settled(world: World) -> bool:
    return world.unpublished() == 0 and len(world.effects()) >= len(world.announced) and not world.parked()


def test_a_consumer_killed_in_the_middle_of_its_handlers(world: World, start: Start, report: Report) -> None:
    world.announce_many(50, 40, ThingChanged(seconds=0.002))
    author, reader = start("author"), start("reader")
    kills = 0
    while kills < 3:  # a fourth could strike an innocent event in the one try that it has by itself
        before = len(world.effects())
        wait_for(lambda before=before: len(world.effects()) > before, APPLIED_WITHIN)
        reader.kill()
        kills += 1
        reader.start(ready=False)
        if settled(world):
            break
    wait_for(lambda: settled(world), APPLIED_WITHIN)

    figures = world.figures()
    report(figures, kills=kills)
    assert figures.perfect
    assert author.alive


def test_a_relay_killed_between_confirm_and_mark(world: World, start: Start, report: Report) -> None:
    world.announce_many(100, 3, ThingChanged())
    start("reader")
    with psycopg.connect(world.author_url) as blocker:
        # Rows locked by another are published and confirmed, but can't be marked.
        blocker.execute("SELECT seq FROM outbox FOR UPDATE")
        author = start("author")
        wait_for(lambda: len(world.effects()) == 300, APPLIED_WITHIN)
        assert world.unpublished() == 300, "confirmed and applied, not marked"
        author.kill()
        gone = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'author-relay'"
        wait_for(lambda: not world.ask(world.author, gone), APPLIED_WITHIN)
    author.start()
    wait_for(lambda: world.unpublished() == 0 and world.waiting("reader.inbox") == 0, APPLIED_WITHIN)
    world.announce("last")
    wait_for(lambda: ("thing:last", 1) in world.effects(), APPLIED_WITHIN)

    figures = world.figures()
    report(figures, published_twice=300)
    assert figures.perfect
    positions = world.ask(world.author, "SELECT feed_position FROM outbox ORDER BY feed_position")
    assert [row[0] for row in positions] == list(range(1, 302))


def test_a_second_relay_takes_over_when_the_leader_dies(world: World, start: Start, report: Report) -> None:
    start("reader")
    # Each by a role of its own, so that the holder of the leader's lock has a name.
    relays = {role: start("author", make_role(world, role)) for role in ("relay_one", "relay_two")}
    world.announce_many(50, 2, ThingChanged())
    wait_for(lambda: settled(world), APPLIED_WITHIN)
    (leader,) = wait_for(lambda: leaders(world))
    (follower,) = relays.keys() - {leader}
    relays[leader].kill()
    world.announce_many(50, 2, ThingChanged())
    wait_for(lambda: leaders(world) == [follower], APPLIED_WITHIN)
    wait_for(lambda: settled(world), APPLIED_WITHIN)

    figures = world.figures()
    report(figures)
    assert figures.perfect


def test_the_broker_killed_and_started_again(world: World, start: Start, report: Report, rabbitmq: Any) -> None:
    author, reader = start("author"), start("reader")
    world.announce_many(100, 20, ThingChanged(seconds=0.001))
    wait_for(world.effects, APPLIED_WITHIN)
    assert len(world.effects()) < 2000, "killed while events are under way"
    rabbitmq.kill()
    world.announce_many(50, 4, ThingChanged())  # what is committed meanwhile waits in the outbox
    assert world.unpublished() >= 200
    rabbitmq.start()
    # What was declared in the seconds before a broker was killed may not be on its disk. Relays wait until it is there.
    world.declare_topology()
    wait_for(lambda: settled(world), APPLIED_WITHIN)

    figures = world.figures()
    report(figures)
    assert figures.perfect
    assert author.alive and reader.alive


def test_workers_started_while_the_broker_is_down_begin_when_it_is_back(
    world: World, running_service: Callable[..., RunningService], report: Report, rabbitmq: Any
) -> None:
    world.announce_many(20, 2, ThingChanged())
    rabbitmq.stop()
    databases = {"author": world.author_url, "reader": world.reader_url}
    services = [
        running_service(name, "worker", ready=False, database_url=url, amqp_url=world.amqp_url)
        for name, url in databases.items()
    ]
    wait_for(lambda: all(service.get(f"{service.worker_url}/health/live")[0] == 200 for service in services), 30)
    rabbitmq.start()
    wait_for(lambda: settled(world), APPLIED_WITHIN)

    figures = world.figures()
    report(figures)
    assert figures.perfect


def test_a_broker_that_takes_no_messages_for_a_while(world: World, start: Start, report: Report, rabbitmq: Any) -> None:
    author, _ = start("author"), start("reader")
    rabbitmq.ctl("set_vm_memory_high_watermark", "0.000001")
    world.announce("little")
    wait_for(lambda: "did not confirm within 10 s" in author.log.read_text(), 60)
    world.announce_many(100, 50, ThingChanged())  # more than the sockets' buffers hold
    wait_for(lambda: "Connection timed out" in author.log.read_text(), 60)
    assert author.get(f"{author.worker_url}/health/live")[0] == 200
    rabbitmq.ctl("set_vm_memory_high_watermark", "0.4")
    wait_for(lambda: settled(world), APPLIED_WITHIN)

    figures = world.figures()
    report(figures)
    assert figures.perfect
    assert "the broker takes no messages" in author.log.read_text(), "an operator can see why"


def test_the_database_killed_and_started_again(world: World, start: Start, report: Report, postgres: Any) -> None:
    author, reader = start("author"), start("reader")
    world.announce_many(100, 30, ThingChanged(seconds=0.001))  # several batches
    wait_for(world.effects, APPLIED_WITHIN)
    assert len(world.effects()) < 3000, "killed while events are under way"
    postgres.kill()
    wait_for(lambda: reader.get(f"{reader.worker_url}/health/ready")[0] == 503, 30)
    postgres.start()
    wait_for(lambda: settled(world), APPLIED_WITHIN)

    figures = world.figures()
    report(figures)
    assert figures.perfect
    assert author.alive and reader.alive


def test_poison_holds_up_its_own_objects_only(world: World, start: Start, report: Report) -> None:
    world.announce_many(100, 4, LotChanged())
    poisoned = [f"o{number}" for number in range(0, 100, 25)]
    for subject in poisoned:
        world.announce(subject, LotChanged(poison=True))
    world.announce_many(100, 5, LotChanged())
    start("author"), start("reader")
    wait_for(lambda: len(world.effects()) == 96 * 9 + 4 * 4 and len(world.parked()) == 4 * 6, APPLIED_WITHIN)

    by_state: dict[str, int] = defaultdict(int)
    for _, _, state in world.states():
        by_state[state] += 1
    held = {(row.aggregate, row.version) for row in world.parked()}
    figures = world.figures(but=held)
    report(figures, **by_state)
    assert figures.perfect
    assert by_state == {"waiting": 4, "blocked": 20}


def test_everything_three_times_shuffled_with_failing_handlers_and_two_replicas(
    world: World, start: Start, report: Report
) -> None:
    world.announce_many(150, 4, ThingChanged(failure_rate=0.03))
    world.announce_many(150, 2, ThingChanged())
    messages = [event.to_bytes() for event in world.events()] * 3
    for first in range(0, len(messages), 50):
        window = messages[first : first + 50]
        random.shuffle(window)
        messages[first : first + 50] = window
    readers = [start("reader"), start("reader")]
    world.send(messages)
    wait_for(
        lambda: len(world.effects()) >= 900 and not world.parked() and not world.waiting("reader.inbox"), APPLIED_WITHIN
    )

    figures = world.figures()
    by = {row[0] for row in world.ask(world.reader, "SELECT DISTINCT by FROM effect")}
    report(figures, messages=len(messages), replicas_that_applied=len(by))
    assert figures.perfect
    assert by == {reader.pid for reader in readers}
