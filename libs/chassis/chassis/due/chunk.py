"""One chunk of due rows of a kind: handled together in one transaction, and in parts where some of them fail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import eventlet
from prometheus_client import Counter
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import is_contention, is_unavailable
from chassis.due import table
from chassis.due.table import DueRow
from chassis.ids import new_id
from chassis.logging import correlation

log = logging.getLogger(__name__)

CHUNK = 500  # rows handled in one transaction
PARTS = 8  # into which rows that failed together are divided

settled = Counter("cqo_due_settled", "Due rows settled, by outcome.", ["service", "kind", "outcome"])

Handler = Callable[[Session, Sequence[DueRow]], None]


class Swept(NamedTuple):
    """What came of a chunk: whether there may be more rows, how to hand over the next, or what went wrong with it."""

    more: bool = False
    one_by_one: bool = False
    fault: BaseException | None = None


class Chunk:
    """Up to CHUNK rows of one kind, settled in the transaction that has their effect."""

    def __init__(self, engine: Engine, clock: Clock, service: str, kind: str, one_by_one: bool = False) -> None:
        """`one_by_one`: to find the row to blame, where together they took too long."""
        self.engine, self.clock, self.service, self.kind, self.one_by_one = engine, clock, service, kind, one_by_one
        self.handed_over: Sequence[DueRow] = ()

    def run(self, handler: Handler, deadline: float) -> Swept:
        """Handles the rows; what the handler is given at once may take `deadline` seconds."""
        try:
            with eventlet.Timeout(deadline) as self.deadline:
                return self._run(handler)
        except eventlet.Timeout as late:
            if late is not self.deadline or not self.handed_over:
                raise
            # The connection was given up in mid-query, and with it the chunk.
            if len(self.handed_over) > 1:
                return Swept(more=True, one_by_one=True)
            # Postponed by itself, so that the others pass it at the next turn.
            self._postpone_alone(self.handed_over[0], f"took longer than {deadline} s")
            return Swept(more=True)

    def _run(self, handler: Handler) -> Swept:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if not table.take_turn(session, self.kind):
                return Swept(one_by_one=self.one_by_one)
            rows, superseded = table.take(session, self.kind, self.clock.today(), CHUNK)
            done = [row.id for part in self._parts(rows) for row in self._handled(handler, session, part)]
            self.handed_over = ()
            table.settle(session, superseded, "superseded", self.clock.now())
            table.settle(session, done, "done", self.clock.now())
        self._count(done=len(done), failed=len(rows) - len(done), superseded=len(superseded))
        # A row that was handled may have planned another one for a day that has come, as a long job's steps do.
        return Swept(more=bool(done or superseded) or len(rows) == CHUNK)

    def _handled(self, handler: Handler, session: Session, rows: Sequence[DueRow]) -> Iterator[DueRow]:
        """Hands `rows` over, and gives those that did not fail."""
        self.handed_over = rows
        self._extend()
        correlation.bind(new_id())
        # What was loaded without a lock before must not pass for what this locks.
        session.expunge_all()
        try:
            with session.begin_nested():
                handler(session, rows)
                session.flush()
        except Exception as fault:
            if is_unavailable(fault):
                raise
            if len(rows) == 1:
                self._postpone(session, rows[0], fault)
                return
        else:
            yield from rows
            return
        size = -(-len(rows) // PARTS)
        for first in range(0, len(rows), size):
            yield from self._handled(handler, session, rows[first : first + size])

    def _extend(self) -> None:
        """Gives what is handed over the whole deadline."""
        self.deadline.cancel()
        self.deadline.start()

    def _postpone(self, session: Session, row: DueRow, fault: Exception) -> None:
        # A row that met another transaction is tried again like the others; that is nobody's bug.
        level = logging.INFO if is_contention(fault) else logging.ERROR
        log.log(level, "a due row failed: %s %s, attempt %d", row.kind, row.key, row.attempts + 1, exc_info=fault)
        table.postpone(session, row.id, f"{type(fault).__name__}: {fault}")

    def _postpone_alone(self, row: DueRow, reason: str) -> None:
        log.error("a due row failed: %s %s, attempt %d: %s", row.kind, row.key, row.attempts + 1, reason)
        with Session(self.engine) as session, session.begin():
            table.postpone(session, row.id, reason)
        self._count(failed=1)

    def _count(self, **outcomes: int) -> None:
        for outcome, number in outcomes.items():
            if number:
                settled.labels(self.service, self.kind, outcome).inc(number)

    def _parts(self, rows: Sequence[DueRow]) -> Iterator[Sequence[DueRow]]:
        """The rows that have not failed yet, together; and each that has by itself, so that it spoils no other."""
        fresh = [] if self.one_by_one else [row for row in rows if not row.attempts]
        if fresh:
            yield fresh
        yield from ([row] for row in rows if self.one_by_one or row.attempts)
