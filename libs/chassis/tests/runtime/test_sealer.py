"""The sealer in workers that run and die: each entry is sealed once, and checkpoints are announced."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import NOWHERE
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.security import audit
from testkit import RunningService, wait_for

ANNOUNCED = text(
    "SELECT aggregate_id, aggregate_version, type, (data ->> 'seal')::int AS seal, data ->> 'signed' AS signed "
    "FROM outbox ORDER BY seq"
)


@pytest.fixture
def worker(running_service: Callable[..., RunningService], database_url: str) -> Callable[..., RunningService]:
    def start(**settings: Any) -> RunningService:
        own = {"database_url": database_url, "amqp_url": NOWHERE, **settings}
        return running_service("pilot", process="worker", ready=False, **own)

    return start


def enter(engine: Engine, count: int) -> None:
    for number in range(count):
        with Session(engine) as session, session.begin():
            audit.record(session, None, "thing.done", str(number), {}, SystemClock())


def sealed(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT seq FROM audit_head")) or 0


def announced(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(ANNOUNCED))


def test_what_eight_writers_enter_is_sealed_once_though_sealers_die(
    worker: Callable[..., RunningService], engine: Engine
) -> None:
    first, second = worker(), worker()
    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(enter, engine, 60) for _ in range(8)]
        wait_for(lambda: sealed(engine) > 0)
        first.kill()
        first.start(ready=False)
        second.kill()
        for each in writing:
            each.result()

    assert wait_for(lambda: sealed(engine) == 480)
    with Session(engine) as session:
        found = audit.verify(session)
        numbers = session.execute(text("SELECT count(DISTINCT seq), min(seq), max(seq) FROM audit_log")).one()
    assert (found.ok, found.checked, found.unsealed) == (True, 480, 0)
    assert tuple(numbers) == (480, 1, 480)


def test_a_checkpoint_is_announced_after_some_entries_or_some_time_and_never_without_news(
    worker: Callable[..., RunningService], engine: Engine, service_secrets: dict[str, str]
) -> None:
    enter(engine, 3)
    running = worker(audit_checkpoint_entries=5, audit_checkpoint_seconds=3600)
    # The first is not waited for: a log that was there before has its first checkpoint at once.
    wait_for(lambda: len(announced(engine)) == 1)
    enter(engine, 4)
    wait_for(lambda: sealed(engine) == 7)
    assert len(announced(engine)) == 1
    enter(engine, 1)
    wait_for(lambda: len(announced(engine)) == 2)
    running.kill()
    enter(engine, 1)
    running.settings["audit_checkpoint_seconds"] = 0
    running.start(ready=False)
    wait_for(lambda: len(announced(engine)) == 3)

    rows = announced(engine)
    assert [tuple(row[:4]) for row in rows] == [
        ("pilot", 1, "pilot_audit.sealed.v1", 3),
        ("pilot", 2, "pilot_audit.sealed.v1", 8),
        ("pilot", 3, "pilot_audit.sealed.v1", 9),
    ]
    keys = audit.SigningKeys(service_secrets["audit_key"])
    kept = audit.Kept(tuple(keys.open(row.signed) for row in rows))
    with Session(engine) as session:
        assert audit.verify(session, kept=kept).anchored_to == 9


def test_a_worker_without_a_key_to_sign_with_does_not_start(worker: Callable[..., RunningService]) -> None:
    running = worker(audit_key=None)

    wait_for(lambda: not running.alive, 30)
    assert "CQO_AUDIT_KEY" in running.end_of_log()
