"""The upkeep of a service's tables: a loop in each worker that keeps the bounds of docs/operations.md.

    upkeep = Upkeep(passing={"notice": "notice_days"}, jobs=(Job("notices", forget_notices),))

One replica at a time does a step, under an advisory lock. A step is a short transaction over some rows, and after it
the loop rests for some times as long as it took, so that traffic goes first. The jobs take turns, a step each, so that
one with much to do keeps up none that is due every few seconds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import Counter, Gauge
from sqlalchemy import Column, DateTime, Table, Text, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data import is_contention, is_unavailable, metadata, read
from chassis.due import remove_settled
from chassis.http.idempotency import purge
from chassis.intervals import to_next
from chassis.messaging.inbox.passing import WhenForgotten, forget
from chassis.messaging.loops import WorkerLoop
from chassis.messaging.outbox import heads, keeping, months
from chassis.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY = 10.0  # seconds between two looks at what is to be done
RESTS_FOR = 3  # times as long as a step took
# Often: at each look, which may come a little sooner after the last.
OFTEN, HOURLY, DAILY = timedelta(seconds=8), timedelta(hours=1), timedelta(days=1)

removed = Counter("cqo_upkeep_removed", "Rows that the upkeep has removed or taken in.", ["service", "job"])
age = Gauge("cqo_upkeep_age_seconds", "Since a job of the upkeep last came to its end.", ["service", "job"])

# When each job last came to its end, by the service's clock.
upkeep = Table(
    "upkeep",
    metadata,
    Column("job", Text, primary_key=True),
    Column("ended_at", DateTime(timezone=True), nullable=False),
)
ENDED = select(upkeep.c.job, upkeep.c.ended_at)
_ROW = insert(upkeep)
NOTE = _ROW.on_conflict_do_update(index_elements=["job"], set_={"ended_at": _ROW.excluded.ended_at})
MY_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('cqo.upkeep'))")

Step = Callable[[Session, datetime, Settings], int]


@dataclass(frozen=True)
class Job:
    """Some work on a table. `step(session, now, settings)` does a little of it; 0 when there is nothing more to do."""

    name: str
    step: Step
    every: timedelta = DAILY


class Upkeep(WorkerLoop):
    """Runs the jobs in a worker; any number of replicas may, one at a time works."""

    what = "the upkeep"

    def __init__(
        self,
        passing: Mapping[str, str] | None = None,
        last_version: Sequence[str] = (),
        when_forgotten: Mapping[str, WhenForgotten] | None = None,
        jobs: Sequence[Job] = (),
    ) -> None:
        """`passing`: kinds of aggregate that are kept for a time, each with the setting that says for how many days.

        `last_version`: kinds of which only the last version is kept. `when_forgotten`: by kind, what folds what the
        service keeps of others' aggregates that have passed. `jobs`: the service's own.
        """
        self.passing, self.last_version, self.own = dict(passing or {}), tuple(last_version), tuple(jobs)
        self.when_forgotten = dict(when_forgotten or {})

    def setup(self) -> None:
        super().setup()
        self.jobs = (
            Job("months", self._months, HOURLY),
            Job("heads", lambda session, now, settings: heads.digest_more(session), OFTEN),
            Job("passing events", self._passing),
            Job("superseded events", self._superseded),
            Job("passed cursors", lambda session, now, settings: forget(session, self.when_forgotten)),
            Job("due rows", lambda session, now, settings: remove_settled(session, now)),
            Job("idempotency keys", lambda session, now, settings: purge(session), HOURLY),
            *self.own,
        )

    def work(self) -> None:
        with read(self.engine) as connection:
            ended = {job: ended_at for job, ended_at in connection.execute(ENDED)}
        is_more = False
        for job in self.jobs:
            if self.stop_signal.is_given:
                return
            now = self.clock.now()
            since = abs(now - ended[job.name]) if job.name in ended else None  # also where the clock was put back
            if since is not None:
                age.labels(self.settings.service, job.name).set(since.total_seconds())
            if since is None or since >= job.every:
                is_more |= self._do(job)
        if not is_more:
            self.stop_signal.wait(to_next(LOOK_EVERY))

    def _do(self, job: Job) -> bool:
        """A step of one job and its rest; whether more of it is to be done in the next turn, at once.

        What fails is tried again at the next look; the others have their turn meanwhile. Raises when the database is
        away, which all of them need.
        """
        started = time.monotonic()
        try:
            is_more = self._step(job)
        except Exception as fault:
            if is_unavailable(fault):
                raise
            if is_contention(fault):
                log.info("the upkeep's %s met another transaction and is done later: %s", job.name, fault)
            else:
                log.exception("the upkeep's %s failed and is tried again later", job.name)
            return False
        if is_more:
            self.stop_signal.wait(RESTS_FOR * (time.monotonic() - started))
        return is_more

    def _step(self, job: Job) -> bool:
        """One transaction; whether there may be more to do."""
        now = self.clock.now()
        with Session(self.engine) as session, session.begin():
            if not session.scalar(MY_TURN):
                return False
            done = job.step(session, now, self.settings)
            if not done:
                session.execute(NOTE, {"job": job.name, "ended_at": now})
        removed.labels(self.settings.service, job.name).inc(done)
        return bool(done)

    def _months(self, session: Session, now: datetime, settings: Settings) -> int:
        return int(months.make_next(session, now) or months.close_next(session, now))

    def _passing(self, session: Session, now: datetime, settings: Settings) -> int:
        begins = {kind: self._begins(kind, now) for kind in self.passing}
        for kind, at in begins.items():
            keeping.move_beginning(session, kind, at)
        begins = {kind: at for kind, at in keeping.kept(session).items() if kind in self.passing and at is not None}
        forgotten = sum(keeping.forget_heads(session, kind, at) for kind, at in begins.items())
        return forgotten or (keeping.remove_passed(session, begins) if begins else 0)

    def _begins(self, kind: str, now: datetime) -> datetime:
        days: int = getattr(self.settings, self.passing[kind])
        return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)

    def _superseded(self, session: Session, now: datetime, settings: Settings) -> int:
        for kind in self.last_version:
            keeping.move_beginning(session, kind, None)
        return keeping.remove_superseded(session, self.last_version, now) if self.last_version else 0
