"""The loop of a worker that does the imports that were asked for, one at a time in the whole service."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import connect, is_contention, is_unavailable, wait_for_notification
from chassis.intervals import to_next
from chassis.logging import correlation
from chassis.messaging import WorkerLoop
from chassis.stopping import StopSignal
from registry.adapters import upload
from registry.adapters.limits import JOB
from registry.adapters.personal_data import PersonalDataCipher
from registry.adapters.refusal import Refusal
from registry.config import Settings
from registry.domain.import_job import ImportJob, ImportState
from registry.usecases import import_jobs

log = logging.getLogger(__name__)

ReadT = TypeVar("ReadT")

POLL = 10.0  # seconds between two looks for a job; a notification comes first
LONGEST_READ = JOB.within + upload.WAIT + 10  # seconds; the child's own time-outs come first
TELL_EVERY = 1.0  # seconds between two words on how far the job is


class Interrupted(Exception):
    """The worker is to stop; the job is done later."""


def is_nobodys_fault(fault: Exception) -> bool:
    """Whether a job that ended so may well be done at the next attempt."""
    return isinstance(fault, Interrupted) or is_contention(fault) or is_unavailable(fault)


class Progress:
    """How far a job is, told now and then by transactions of their own, for all to see while the job goes on."""

    def __init__(self, engine: Engine, job: ImportJob, stop: StopSignal) -> None:
        self.engine, self.job, self.stop = engine, job, stop
        self.told_at = 0.0

    def begin(self, clock: Clock) -> None:
        """One more attempt begins."""
        attempts = self.job.attempts + 1
        self._note(state=ImportState.RUNNING, started_at=clock.now(), attempts=attempts, rows=None, rows_done=0)

    def read(self, rows: int) -> None:
        """The list has been read."""
        self._note(rows=rows)

    def tell(self, rows_done: int) -> None:
        """So many rows have been dealt with."""
        if self.stop.is_given:
            raise Interrupted()
        if time.monotonic() - self.told_at >= TELL_EVERY:
            self._note(rows_done=rows_done)
            self.told_at = time.monotonic()

    def put_back(self) -> None:
        """It was no fault of the job's: the attempt does not count."""
        self._note(state=ImportState.WAITING, attempts=self.job.attempts, rows=None, rows_done=0)

    def _note(self, **values: object) -> None:
        with Session(self.engine) as session, session.begin():
            import_jobs.note(session, self.job.id, **values)


class Importer(WorkerLoop):
    """Runs the loop in a worker; any number of replicas may, one of them does a job."""

    what = "importing"
    settings: Settings

    def setup(self) -> None:
        super().setup()
        self.cipher = PersonalDataCipher.from_settings(self.settings)

    def work(self) -> None:
        with connect(self.settings.database_url, f"{self.settings.service}-imports") as listening:
            listening.execute(f"LISTEN {import_jobs.CHANNEL}")
            while not self.stop_signal.is_given:
                if not self.do_next():
                    wait_for_notification(listening, to_next(POLL), self.stop_signal)

    def do_next(self) -> bool:
        """Does the next job; False if there was none to do."""
        progress: Progress | None = None
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                job = import_jobs.take(session)
                if job is None:
                    return False
                correlation.bind(job.correlation_id)
                if job.attempts >= import_jobs.MOST_ATTEMPTS:
                    log.error("the import %s of %s is given up after %d attempts", job.id, job.kind, job.attempts)
                    import_jobs.give_up(session, job, self.clock)
                    return True
                progress = Progress(self.engine, job, self.stop_signal)
                progress.begin(self.clock)
                self._do(session, job, progress)
        except Exception as fault:
            if progress is None or not is_nobodys_fault(fault):
                raise
            progress.put_back()
            if not isinstance(fault, Interrupted):
                raise
        return True

    def _do(self, session: Session, job: ImportJob, progress: Progress) -> None:
        content, expected = import_jobs.content_of(session, job, self.cipher), import_jobs.LISTS[job.kind]
        try:
            sheet = self._unless_stopped(partial(upload.read_within, JOB, content, expected))
        except Refusal as refusal:
            log.info("the list of the import %s of %s can't be used: %s", job.id, job.kind, refusal)
            import_jobs.refuse(session, job, refusal, self.clock)
            return
        progress.read(len(sheet.rows))
        report = import_jobs.carry_out(session, job, sheet, self.cipher, self.clock, progress.tell)
        if report.rejections:
            rejected = {rejection.row for rejection in report.rejections}
            rows = self._unless_stopped(partial(upload.rows_as_they_came, JOB, content, expected, rejected))
            import_jobs.keep_rejected(session, job, rows, report, self.cipher)
        log.info("the import %s of %s is done: %s", job.id, job.kind, report.figures())

    def _unless_stopped(self, read: Callable[[], ReadT]) -> ReadT:
        """What the child reads, which may take longer than a worker has that is to stop."""
        found: list[ReadT] = []
        with self.stop_signal.at_most(LONGEST_READ):
            found.append(read())
        if not found:
            raise Interrupted()
        return found[0]
