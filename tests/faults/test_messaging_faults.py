"""What becomes of events when processes and servers are killed, handlers fail, and messages come often and in any order."""

from __future__ import annotations

from collections.abc import Callable

from author.events import ThingChanged
from messaging_world import World
from sqlalchemy import text

from chassis.testing import RunningService, wait_for

Start = Callable[..., RunningService]
Show = Callable[[str], None]
SETTLED = 60  # seconds


def settle(world: World, show: Show, what: str) -> None:
    """Waits until every event has taken effect once and in order, or fails with the figures; shows them."""
    events = world.events()
    try:
        wait_for(lambda: world.figures(events).perfect and not world.parked(), SETTLED, 0.1)
    except AssertionError as late:
        raise AssertionError(f"{what}: {world.figures(events)}, parked {world.states()[:10]}") from late
    show(f"{what}: {world.figures(events)}")


def test_a_consumer_killed_in_the_middle_of_its_handlers_loses_nothing(
    world: World, author: Start, reader: Start, show: Show
) -> None:
    world.announce_many(100, 10, ThingChanged(seconds=0.005))
    author()
    consumer, kills = reader(), 4
    for _ in range(kills):
        already = len(world.effects())
        wait_for(world.in_handler, SETTLED, 0.002)
        consumer.kill()
        consumer.start()
        wait_for(lambda already=already: len(world.effects()) > already, SETTLED)
    settle(world, show, f"{kills} SIGKILLs of the consumer in its handlers")


def test_a_relay_killed_between_confirm_and_mark_publishes_again_without_effect(
    world: World, author: Start, reader: Start, show: Show
) -> None:
    world.announce_many(50, 4, ThingChanged())
    kills = 3
    for kill in range(1, kills + 1):
        with world.author.begin() as holder:
            holder.execute(text("SELECT 1 FROM outbox FOR UPDATE"))  # the relay can publish, and can't mark
            relay = author(ready=False)
            wait_for(lambda kill=kill: world.waiting("reader.inbox") == 200 * kill, SETTLED)
            relay.kill()
            world.end_sessions(world.author)
    assert world.unpublished() == 200
    author(), reader()
    settle(world, show, f"{kills} SIGKILLs of the relay between confirm and mark, each event sent {kills + 1} times")


def test_a_broker_that_is_restarted_and_killed_loses_nothing(
    world: World, author: Start, reader: Start, rabbitmq: Any, show: Show
) -> None:
    author(), reader()
    for end in (rabbitmq.stop, rabbitmq.kill):
        world.announce_many(100, 3, ThingChanged())
        wait_for(lambda: world.effects(), SETTLED, 0.005)
        end()
        world.announce_many(100, 3, LotChanged())
        assert world.unpublished() >= 300, "changes are committed while the broker is away"
        rabbitmq.start()
    settle(world, show, "a restart and a SIGKILL of the broker")


def test_a_database_that_is_restarted_and_killed_loses_nothing(
    world: World, author: Start, reader: Start, postgres: Any, show: Show
) -> None:
    author(), reader()
    for end in (postgres.stop, postgres.kill):
        world.announce_many(100, 4, ThingChanged(seconds=0.003))
        wait_for(world.in_handler, SETTLED, 0.002)
        end()
        postgres.start()
    world.announce_many(100, 1, LotChanged())
    settle(world, show, "a restart and a SIGKILL of the databases")


def test_a_poison_event_holds_up_its_own_object_until_it_is_replayed_or_skipped(
    world: World, author: Start, reader: Start, token: Callable[..., str], show: Show
) -> None:
    world.announce_many(100, 1, ThingChanged())
    poisoned = ("o3", "o30", "o60", "o90")
    for subject in poisoned:
        world.announce(subject, ThingChanged(poison=True))
    world.announce_many(100, 2, ThingChanged())
    author()
    consumer = reader(process=None)
    wait_for(lambda: len(world.effects()) == 100 + 2 * 96, SETTLED)
    wait_for(lambda: sorted({row.state for row in world.parked()}) == ["blocked", "waiting"], SETTLED)
    waiting = {row.aggregate: row.id for row in world.parked() if row.state == "waiting"}
    assert sorted(waiting) == [f"thing:{subject}" for subject in poisoned]
    assert len(world.parked()) == 3 * len(poisoned)
    show(f"4 poison events: {world.figures(world.events())}; 4 wait for a person, 8 behind them")

    mended = [f"thing:{subject}" for subject in poisoned[:3]]
    world.mend(*mended)
    for aggregate in mended:
        post(f"{consumer.url}/ops/parked/{waiting[aggregate]}/replay", token("ops"))
    post(f"{consumer.url}/ops/parked/{waiting['thing:o90']}/skip", token("ops"), {"reason": "entered by mistake"})
    wait_for(lambda: not world.parked(), SETTLED)
    figures = world.figures([event for event in world.events() if (event.subject, event.sequence) != ("o90", 2)])
    assert figures.perfect, figures
    show(f"3 of them replayed, 1 skipped: {figures}")


def test_each_event_three_times_in_any_order_with_failing_handlers_and_two_replicas(
    world: World, reader: Start, show: Show
) -> None:
    world.announce_many(150, 5, ThingChanged(failure_rate=0.03))
    world.announce_many(150, 5, LotChanged(failure_rate=0.03))
    chance = random.Random(20260302)
    messages = [event.to_bytes() for event in world.events() for _ in range(3)]
    chance.shuffle(messages)
    reader(), reader()
    world.send(messages)
    settle(world, show, "every event 3 times, shuffled, 3 % of handlers failing, 2 replicas")


def post(url: str, bearer: str, body: dict[str, Any] | None = None) -> None:
    """POSTs JSON as an operator does; raises on any answer but success."""
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json", "Idempotency-Key": new_id()}
    data = json.dumps(body).encode() if body is not None else None
    urllib.request.urlopen(urllib.request.Request(url, data, headers, method="POST"), timeout=10).close()
