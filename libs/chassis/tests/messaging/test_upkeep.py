"""The upkeep's jobs take turns."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from messaging_world import World
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.messaging.upkeep import LOOK_EVERY, OFTEN, Job, Upkeep
from chassis.settings import Settings


def upkeep_of(world: World, clock: FixedClock, rests: list[float], *jobs: Job) -> Upkeep:
    upkeep = Upkeep()
    upkeep.jobs = jobs
    upkeep.engine, upkeep.clock = world.author, clock
    upkeep.settings = SimpleNamespace(service="author")  # type: ignore[assignment]
    upkeep.stop_signal = SimpleNamespace(is_given=False, wait=rests.append)  # type: ignore[assignment]
    return upkeep


def test_a_job_with_much_to_do_keeps_up_none_that_is_due_often(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.messaging.upkeep.to_next", lambda seconds: seconds)
    clock, done, rests = FixedClock(datetime.now(UTC)), list[str](), list[float]()

    def many_steps(session: Session, now: datetime, settings: Settings) -> int:
        done.append("many steps")
        clock.move(seconds=20)
        return 3 - done.count("many steps")

    def one_step(session: Session, now: datetime, settings: Settings) -> int:
        done.append("one step")
        return 0

    upkeep = upkeep_of(world, clock, rests, Job("much", many_steps), Job("little", one_step, every=OFTEN))
    while LOOK_EVERY not in rests:
        upkeep.work()

    assert done == ["many steps", "one step"] * 3
    assert len(rests) == 3  # after each step after which there was more, and then until the next look


def test_a_job_that_fails_keeps_none_behind_it_from_its_turn(world: World, caplog: pytest.LogCaptureFixture) -> None:
    done, rests = list[str](), list[float]()

    def broken(session: Session, now: datetime, settings: Settings) -> int:
        raise ValueError("a mistake of ours")

    def step(session: Session, now: datetime, settings: Settings) -> int:
        done.append("step")
        return 0

    upkeep_of(world, FixedClock(datetime.now(UTC)), rests, Job("broken", broken), Job("good", step)).work()

    assert done == ["step"]
    assert "the upkeep's broken failed" in caplog.text and "a mistake of ours" in caplog.text
    assert len(rests) == 1  # until the next look, when it is tried again
