"""The sealer: chains what was entered in the audit log, and announces signed checkpoints of the chain.

Every replica of a worker runs one. They take turns by the lock of the chain's head, for one transaction each; one that
dies in it leaves the entries unsealed, for the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import Gauge
from sqlalchemy.orm import Session

from chassis.data import read
from chassis.intervals import Interval, Rest
from chassis.messaging import outbox
from chassis.messaging.loops import WorkerLoop
from chassis.messaging.outbox import Event
from chassis.security import audit

BATCH = 1000  # entries sealed in one transaction
POLL_EVERY = 1.0  # seconds; no caller waits for a seal
POLL_IDLE_EVERY = 10.0  # the same when nothing has been entered for a while
REPORT_EVERY = 10.0  # seconds

unsealed_entries = Gauge(
    "cqo_audit_unsealed", "Entries of the audit log without a seal, counted to 10,000.", ["service"]
)
unsealed_age = Gauge("cqo_audit_oldest_unsealed_seconds", "Age of the oldest entry without a seal.", ["service"])
contradicting = Gauge(
    "cqo_audit_contradicting_checkpoints",
    "Checkpoints kept here that contradict others of the same service.",
    ["service", "of"],
)

MakeEvent = Callable[[int, str, str], Event]  # of the place, its hash, and the signed checkpoint


@dataclass
class ChainOf:
    """The aggregate that checkpoints are events of: the chain of a service; its version counts them."""

    id: str
    version: int
    division: str | None = None


class Sealer(WorkerLoop):
    """Seals in a worker, and announces checkpoints as `event`: the class of `<service>_audit.sealed.v1`."""

    what = "sealing the audit log"

    def __init__(self, event: MakeEvent) -> None:
        super().__init__()
        self.event = event

    def setup(self) -> None:
        super().setup()
        self.reporting = Interval(REPORT_EVERY)
        self.rest = Rest(POLL_EVERY, POLL_IDLE_EVERY)
        self.keys = audit.SigningKeys(self.settings.audit_key or "")
        if not self.keys.can_sign:
            raise ValueError("the first key of CQO_AUDIT_KEY is a public one: a worker signs checkpoints with it")

    def work(self) -> None:
        """Seals a batch, makes a checkpoint if it is time, and waits unless there may be more."""
        sealed = self.seal() if self._is_to_do() else 0
        self.report()
        if sealed:
            self.rest.note_work()
        if sealed < BATCH:
            self.stop_signal.wait(self.rest.left())

    def _is_to_do(self) -> bool:
        with read(self.engine) as connection:
            stand = audit.stand_of(connection, self.settings.service)
        return stand.waiting or self._is_time(stand)

    def seal(self) -> int:
        """Seals up to BATCH entries, and makes a checkpoint if it is time; returns how many were sealed."""
        with Session(self.engine) as session, session.begin():
            sealed = audit.seal(session, BATCH)
            # Asked under the lock of the head: another replica may have made the checkpoint meanwhile.
            stand = audit.stand_of(session, self.settings.service)
            if self._is_time(stand):
                self._make_checkpoint(session, stand)
        return sealed

    def _is_time(self, stand: audit.Stand) -> bool:
        new = stand.seq - stand.checkpoint_seal
        if new <= 0:
            return False
        every = timedelta(seconds=self.settings.audit_checkpoint_seconds)
        return (
            new >= self.settings.audit_checkpoint_entries
            or stand.checkpoint_at is None
            or self.clock.now() - stand.checkpoint_at >= every
        )

    def _make_checkpoint(self, session: Session, stand: audit.Stand) -> None:
        assert stand.hash is not None  # there is an entry that is sealed
        service = self.settings.service
        checkpoint = audit.Checkpoint(service, stand.checkpoint + 1, stand.seq, stand.hash, self.clock.now())
        signed = self.keys.sign(checkpoint)
        audit.keep(session, checkpoint, signed)
        announced = self.event(checkpoint.seal, checkpoint.hash, signed)
        outbox.add(session, ChainOf(service, stand.checkpoint), announced, self.clock)

    def report(self) -> None:
        """Counts what is unsealed, and what contradicts, for the metrics."""
        if not self.reporting.is_over():
            return
        with read(self.engine) as connection:
            entries, since = audit.unsealed(connection)
            found = audit.contradictions(connection)
        service = self.settings.service
        unsealed_entries.labels(service).set(entries)
        unsealed_age.labels(service).set(max(0.0, (self.clock.now() - since).total_seconds()) if since else 0)
        for of, count in found.items():
            contradicting.labels(service, of).set(count)
