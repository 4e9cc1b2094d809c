"""Due rows, with real workers and a real database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import eventlet
import pytest
from conftest import NOWHERE, Rows
from pilot.storage import effect
from sqlalchemy import Engine, insert, text, update
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import FixedClock, SystemClock
from chassis.data import insert_rows
from chassis.due import chunk, table
from chassis.due.chunk import Chunk, Handler
from chassis.due.sweeper import Sweeper
from chassis.intervals import Rest
from testkit import RunningService, wait_for
from testkit.plans import rows_read
from testkit.statements import statements


@pytest.fixture
def worker(running_service: Callable[..., RunningService], database_url: str) -> Callable[..., RunningService]:
    def start(**settings: Any) -> RunningService:
        settings = {"database_url": database_url, "amqp_url": NOWHERE, **settings}
        return running_service("pilot", process="worker", ready=False, **settings)

    return start


def test_a_row_whose_day_has_come_is_handled_and_one_of_tomorrow_is_not(worker: Any, rows: Rows) -> None:
    rows.plan("today")
    rows.plan("tomorrow", in_days=1)
    worker()
    wait_for(lambda: rows.count("done") == 1)

    assert rows.states() == {"today": "done", "tomorrow": "planned"}
    assert rows.effects() == ["today"]


def test_only_the_kinds_of_which_a_row_has_fallen_due_are_named(engine: Engine, rows: Rows) -> None:
    today = SystemClock().today()
    with Session(engine) as session, session.begin():
        for kind, days in (("due", 0), ("later", 1)):
            due.plan(session, kind, "series", "key", today + timedelta(days), {})
        session.flush()

        assert table.kinds_due(session, ["due", "later", "none"], today) == {"due"}


def test_a_row_with_a_wait_is_not_due_before_its_hour_and_overdue_only_when_it_has_failed(engine: Engine) -> None:
    clock = SystemClock()
    with Session(engine) as session, session.begin():
        due.plan(session, "hour", "s", "now", clock.today(), {}, wait=timedelta(seconds=-1))
        assert table.kinds_due(session, ["hour"], clock.today()) == {"hour"}
        due.plan(session, "hour", "s", "now", clock.today(), {}, wait=timedelta(hours=2))

        assert table.kinds_due(session, ["hour"], clock.today()) == set() and due.overdue(session, clock) == {}
        row = session.execute(text("SELECT id FROM due")).scalar_one()
        table.postpone(session, row, "a fault")
        assert due.overdue(session, clock)["hour"].rows == 1


def test_of_a_series_that_fell_due_together_only_the_tightest_fires(worker: Any, rows: Rows) -> None:
    rows.plan("certificate:90", -60, series="certificate")
    rows.plan("certificate:30", -5, series="certificate")
    rows.plan("certificate:7", +18, series="certificate")
    rows.plan("other:90", -60, series="other")
    worker()
    wait_for(lambda: rows.count("done") == 2)

    assert rows.states() == {
        "certificate:90": "superseded",
        "certificate:30": "done",
        "certificate:7": "planned",
        "other:90": "done",
    }
    assert sorted(rows.effects()) == ["certificate:30", "other:90"]


def test_a_failing_row_is_undone_and_postponed_and_holds_up_no_other(worker: Any, rows: Rows, engine: Engine) -> None:
    rows.plan("a")
    rows.plan("broken", fails=True, phone="13800138000")
    rows.plan("z")
    service = worker()
    wait_for(lambda: rows.count("done") == 2)
    with engine.connect() as connection:
        broken = connection.execute(text("SELECT * FROM due WHERE key = 'broken'")).one()

    assert rows.effects() == ["a", "z"]
    assert (broken.state, broken.attempts) == ("planned", 1)
    assert broken.not_before is not None
    assert "ValueError" in broken.last_error
    assert "13800138000" not in service.log.read_text()


def test_a_failing_row_takes_effect_once_it_no_longer_fails(worker: Any, rows: Rows, engine: Engine) -> None:
    rows.plan("broken", fails=True)
    worker()
    wait_for(lambda: _attempts(engine) == 1)
    with engine.begin() as connection:
        connection.execute(text("UPDATE due SET payload = '{}', not_before = now()"))
    wait_for(lambda: rows.count("done") == 1)

    assert rows.effects() == ["broken"]


@pytest.mark.parametrize("how", ["sleeps", "hangs"])
def test_a_row_that_never_ends_is_given_up_and_the_others_pass_it(
    how: str, worker: Any, rows: Rows, engine: Engine
) -> None:
    rows.plan("a")
    rows.plan("endless", **{how: 3600})
    rows.plan("z")
    worker()
    wait_for(lambda: rows.count("done") == 2)

    assert rows.effects() == ["a", "z"]
    assert _attempts(engine) == 1


def _attempts(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT max(attempts) FROM due")) or 0


class Swept:
    """A handler whose effects are rows, that fails where `fails` says so, and remembers what it was given."""

    def __init__(self, fails: Collection[str] = ()) -> None:
        self.fails, self.given = fails, list[list[str]]()

    def __call__(self, session: Session, rows: Sequence[due.DueRow]) -> None:
        self.given.append([row.key for row in rows])
        insert_rows(session, effect, [{"key": row.key, "by": 1} for row in rows])
        if any(row.key in self.fails for row in rows):
            raise ValueError("not these")


def sweep(engine: Engine, handler: Handler) -> chunk.Swept:
    return Chunk(engine, SystemClock(), "pilot", "pilot.notice").run(handler, 60)


def test_of_many_rows_only_those_that_fail_are_left(rows: Rows, engine: Engine) -> None:
    rows.plan_many(300)
    handler = Swept(fails={"pilot.notice7", "pilot.notice8", "pilot.notice250"})
    sweep(engine, handler)

    assert (rows.count("done"), rows.count("planned"), _attempts(engine)) == (297, 3, 1)
    assert len(rows.effects()) == len(set(rows.effects())) == 297
    assert not handler.fails & set(rows.effects())
    assert len(handler.given) < 50  # parts, and not each by itself


def test_a_row_that_has_failed_is_handed_over_by_itself_and_spoils_no_others(rows: Rows, engine: Engine) -> None:
    rows.plan("broken")
    sweep(engine, Swept(fails={"broken"}))
    with engine.begin() as connection:
        connection.execute(text("UPDATE due SET not_before = now()"))
    rows.plan_many(20)
    handler = Swept(fails={"broken"})
    sweep(engine, handler)

    assert [len(given) for given in handler.given] == [20, 1]
    assert (rows.count("done"), _attempts(engine)) == (20, 2)


def test_a_row_whose_object_somebody_holds_waits_and_the_others_do_not(rows: Rows, engine: Engine) -> None:
    for key in ("a", "held", "z"):
        rows.plan(key)
    with engine.begin() as connection:
        connection.execute(insert(effect), [{"key": key, "by": 0} for key in ("a", "held", "z")])

    def take_over(session: Session, taken: Sequence[due.DueRow]) -> None:
        session.execute(update(effect).where(effect.c.key.in_([row.key for row in taken])).values(by=1))

    with engine.begin() as other:
        other.execute(text("SELECT 1 FROM effect WHERE key = 'held' FOR UPDATE"))
        sweep(engine, take_over)

    assert rows.states() == {"a": "done", "held": "planned", "z": "done"}


def test_a_sweep_takes_as_many_statements_for_200_rows_as_for_400(rows: Rows, engine: Engine) -> None:
    taken = []
    for count in (200, 400):
        rows.plan_many(count, series=f"{count}-")
        with statements(engine) as found:
            sweep(engine, Swept())
        taken.append(len(found))

    assert rows.count("done") == 600
    assert taken[0] == taken[1] <= 6  # turn, rows, savepoint, effects, its release, settled


def test_what_falls_due_at_once_is_not_compared_with_all_that_is_due(rows: Rows, engine: Engine) -> None:
    rows.plan_many(3000)  # of which the table's statistics say nothing yet
    with Session(engine) as session:
        read = rows_read(session, lambda: table.take(session, "pilot.notice", rows.today, 500), analyze=False)

    assert read <= 3000


def test_the_steps_of_a_long_job_follow_each_other_at_once(rows: Rows, engine: Engine) -> None:
    steps, today = 5, SystemClock().today()

    def step(session: Session, taken: Sequence[due.DueRow]) -> None:
        number = int(taken[0].key)
        if number < steps:
            due.plan(session, "pilot.notice", "job", str(number + 1), today, {})

    rows.plan("1", series="job")
    looks = 1
    while sweep(engine, step).more:  # where there is no more, a worker waits before it looks again
        looks += 1

    assert rows.count("done") == steps
    assert looks == steps + 1


def test_two_replicas_handle_thousands_of_rows_once_each(worker: Any, rows: Rows) -> None:
    replicas = [worker(), worker()]
    wait_for(lambda: all(each.get(f"{each.worker_url}/health/live")[0] == 200 for each in replicas), 30)
    planned = 0
    # One replica at a time sweeps a kind, so with two kinds there is work for both; one that looks first may do all.
    while rows.workers() != {each.pid for each in replicas} and planned < 60_000:
        for kind in ("pilot.notice", "pilot.deadline"):
            rows.plan_many(1500, kind, f"{planned} ")
        planned += 3000
        wait_for(lambda: rows.count("done") == planned, 60)  # noqa: B023 - called at once

    assert rows.workers() == {each.pid for each in replicas}
    assert len(rows.effects()) == len(set(rows.effects())) == planned


def test_a_worker_killed_in_the_middle_of_its_rows_leaves_none_half_done(worker: Any, rows: Rows) -> None:
    rows.plan_many(2000)
    first = worker()
    kills = 0
    for milestone in (200, 700, 1200):
        wait_for(lambda milestone=milestone: rows.count("done") >= milestone, 30, interval=0.001)
        first.kill()
        kills += 1
        assert len(rows.effects()) == rows.count("done")
        first.start(ready=False)
    wait_for(lambda: rows.count("done") == 2000, 30)

    assert kills == 3
    assert len(rows.effects()) == len(set(rows.effects())) == 2000


def test_a_worker_told_to_stop_ends_its_chunk_and_leaves_the_rest(worker: Any, rows: Rows) -> None:
    rows.plan_many(2000)
    service = worker()
    wait_for(lambda: rows.count("done") >= 100, 30, interval=0.001)

    assert service.stop() == 0
    assert 100 <= rows.count("done") == len(rows.effects()) < 2000
    assert "Traceback" not in service.log.read_text()


def test_a_clock_that_is_moved_is_seen_at_once(worker: Any, rows: Rows, tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    rows.plan("first")
    rows.plan("in ten days", in_days=10)
    worker(clock_offset_file=offset)
    wait_for(lambda: rows.count("done") == 1)
    offset.write_text(str(timedelta(days=10).total_seconds()))
    wait_for(lambda: rows.count("done") == 2)

    assert rows.effects() == ["first", "in ten days"]


def test_a_wait_for_the_next_look_ends_when_another_day_begins(clock: FixedClock) -> None:
    sweeper = Sweeper()
    sweeper.clock = clock
    day = clock.today()
    eventlet.spawn_after(0.1, clock.move, days=1)
    with eventlet.Timeout(60):  # far from either: the wait is over within a twentieth of a second, or after an hour
        sweeper.wait(3600, day)

    assert clock.today() == date(2026, 3, 3)


def test_a_day_that_begins_during_a_look_is_not_waited_for(clock: FixedClock) -> None:
    sweeper = Sweeper()
    sweeper.clock = clock
    looks: list[date] = []

    def look() -> bool:
        looks.append(clock.today())
        if len(looks) == 1:
            clock.move(days=1)  # after what it asked the database for
        else:
            sweeper.kill()
        return False

    sweeper.turn = look  # type: ignore[method-assign]
    sweeper.rest = Rest(3600, 3600)
    with eventlet.Timeout(60):
        sweeper.run()

    assert looks == [date(2026, 3, 2), date(2026, 3, 3)]


def test_a_row_that_was_done_is_not_planned_again_and_a_cancelled_one_is(rows: Rows, engine: Engine) -> None:
    rows.plan("done", series="x")
    rows.plan("cancelled", series="y")
    with Session(engine) as session, session.begin():
        session.execute(text("UPDATE due SET state = 'done' WHERE key = 'done'"))
        due.cancel(session, "x")
        due.cancel(session, "y")
    assert rows.states() == {"done": "done", "cancelled": "cancelled"}
    rows.plan("done", in_days=3)
    rows.plan("cancelled", in_days=3)

    assert rows.states() == {"done": "done", "cancelled": "planned"}
