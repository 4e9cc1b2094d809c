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

    upkeep = Upkeep()
    upkeep.jobs = (Job("much", many_steps), Job("little", one_step, every=OFTEN))
    upkeep.engine, upkeep.clock = world.author, clock
    upkeep.settings = SimpleNamespace(service="author")  # type: ignore[assignment]
    upkeep.stop_signal = SimpleNamespace(is_given=False, wait=rests.append)  # type: ignore[assignment]
    while LOOK_EVERY not in rests:
        upkeep.work()

    assert done == ["many steps", "one step"] * 3
    assert len(rests) == 3  # after each step after which there was more, and then until the next look
