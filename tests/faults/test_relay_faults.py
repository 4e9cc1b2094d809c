"""What a relay bears: a flood of commits, and a leader that neither works nor dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from author.events import ThingChanged
from messaging_world import World
from relays import leaders, make_role

from testkit import RunningService, wait_for

Start = Callable[..., RunningService]
Report = Callable[..., None]

APPLIED_WITHIN = 90  # seconds until all is applied
FLOOD = """
DO $$ BEGIN
  FOR n IN 1..{commits} LOOP
    INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at)
    VALUES (gen_random_uuid(), 'thing', '{prefix}' || n, 1, 'thing.hinted.v1', '{{"number": 1}}', now());
    COMMIT;
  END LOOP;
END $$
"""


def resident(service: RunningService) -> int:
    """Kibibytes of memory that the service's process holds."""
    lines = Path(f"/proc/{service.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def commits_of_one_event(world: World, prefix: str, commits: int) -> None:
    with psycopg.connect(world.author_url, autocommit=True) as connection:
        connection.execute(FLOOD.format(prefix=prefix, commits=commits))


def test_a_relays_memory_is_flat_over_20000_commits_of_one_event(world: World, start: Start, report: Report) -> None:
    author: Any = start("author")
    commits_of_one_event(world, "warm", 2_000)
    wait_for(lambda: world.unpublished() == 0, APPLIED_WITHIN)
    before = resident(author)
    commits_of_one_event(world, "flood", 20_000)
    wait_for(lambda: world.unpublished() == 0, APPLIED_WITHIN)
    grown = resident(author) - before

    report(world.figures(), RSS_before=f"{before} KiB", grown_by=f"{grown} KiB")
    assert grown < 2_000


def test_a_frozen_leader_is_replaced_and_comes_back_as_a_follower(world: World, start: Start, report: Report) -> None:
    """Stopped by SIGSTOP it neither works nor dies: the kernel goes on answering for it, and its lock stays."""
    start("reader")
    relays: dict[str, Any] = {role: start("author", make_role(world, role)) for role in ("relay_one", "relay_two")}
    world.announce_many(50, 20, ThingChanged())  # frozen with a batch in hand
    (leader,) = wait_for(lambda: leaders(world))
    (follower,) = relays.keys() - {leader}
    os.kill(relays[leader].pid, signal.SIGSTOP)
    frozen_at = time.monotonic()
    try:
        world.announce_many(50, 5, ThingChanged())
        wait_for(lambda: leaders(world) == [follower], APPLIED_WITHIN)
        seconds = time.monotonic() - frozen_at
        wait_for(lambda: world.figures().perfect, APPLIED_WITHIN)
    finally:
        os.kill(relays[leader].pid, signal.SIGCONT)
    world.announce_many(50, 5, ThingChanged())
    wait_for(lambda: world.figures().perfect and world.unpublished() == 0, APPLIED_WITHIN)
    wait_for(lambda: "the relay was interrupted" in relays[leader].log.read_text(), APPLIED_WITHIN)

    report(world.figures(), another_led_after=f"{seconds:.1f} s")
    assert seconds <= 30
    assert leaders(world) == [follower]
    positions = [row[0] for row in world.ask(world.author, "SELECT feed_position FROM outbox ORDER BY feed_position")]
    assert positions == list(range(1, len(world.announced) + 1))
