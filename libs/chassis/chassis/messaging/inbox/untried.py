"""Tries parked events that have not been tried yet: what the inbox set aside, or somebody had replayed.

Many in one transaction, with a savepoint for each part, as `sifting` does it. Before that they are marked as what was
in hand when the process died: if it does, each of them gets one try alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Engine,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis.data import is_unavailable
from chassis.messaging.envelope import ENCODER, Envelope
from chassis.messaging.inbox.applying import Applier, BatchResult
from chassis.messaging.inbox.complaints import Complaints
from chassis.messaging.inbox.cursors import lock_cursors
from chassis.messaging.inbox.faults import SetAside
from chassis.messaging.inbox.likeness import Likeness
from chassis.messaging.inbox.parking import ToPark, state_after
from chassis.messaging.inbox.patience import Patience
from chassis.messaging.inbox.reasons import LONE_TRY
from chassis.messaging.inbox.sifting import Failure, try_each
from chassis.messaging.inbox.tables import ParkedState, inbox_cursor, inbox_parked

log = logging.getLogger(__name__)

AT_MOST = 300  # events in one transaction
FOR = 0.5  # seconds of tries that fail in one transaction, which holds the cursors of its events

parked = inbox_parked.c
UNTRIED = and_(parked.state == ParkedState.RETRYING, parked.attempts == 0, parked.event.is_not(None))
IS_NEXT = inbox_cursor.c.version + literal(1) >= parked.version
READY = (
    select(parked.id)
    .join(inbox_cursor, inbox_cursor.c.aggregate == parked.aggregate)
    .where(IS_NEXT, UNTRIED, parked.next_attempt_at <= func.now())
    .limit(AT_MOST)
    .with_for_update(of=inbox_parked, skip_locked=True)
)
# Whether it has what the failing ones of its type have in common: `Likeness.is_alike`, for ten thousand rows.
COMMON = cast(bindparam("failing"), JSONB).op("->")(parked.type)
IS_ALIKE = func.coalesce(parked.event["data"].op("@>", return_type=Boolean())(COMMON), False)
OLDEST, NEWEST = (IS_ALIKE, parked.id.asc()), (IS_ALIKE, parked.id.desc())
IDS = bindparam("ids", type_=ARRAY(BigInteger))
STILL_THERE = select(parked.id).where(parked.id == func.any(IDS), parked.reason == LONE_TRY).with_for_update()
DELETE = delete(inbox_parked).where(parked.id == func.any(IDS))
NOTE = text(
    "UPDATE inbox_parked SET reason = failed.reason, detail = failed.detail, state = failed.state, "
    "attempts = failed.attempts, next_attempt_at = now() + failed.retry_in * interval '1 second' "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS failed "
    "(id bigint, reason text, detail text, state text, attempts integer, retry_in double precision) "
    "WHERE inbox_parked.id = failed.id"
)


Place: TypeAlias = tuple[str, int]


class Claimed(NamedTuple):
    """A parked event that is marked as being in hand."""

    id: int
    event: Envelope


class Untried:
    """Has the untried events applied, or noted as failed, by groups."""

    def __init__(self, engine: Engine, applier: Applier, retry_delays: Sequence[float], complaints: Complaints) -> None:
        self.engine, self.applier = engine, applier
        self.retry_delays, self.complaints = retry_delays, complaints
        # First what is unlike all that failed. Of the others, by turns: from the oldest, so that none waits for ever;
        # from the newest, so that what is good and came after ten thousand that fail does not wait for all of them.
        self.likeness = Likeness()
        self.newest_first = True
        # Events are tried together, and divided where that fails. Where most fail, that is only a detour.
        self.most_fail = False

    def try_some(self) -> tuple[int, BatchResult]:
        """One try for each of a group; how many they were, and what became of those that are no longer parked."""
        self.newest_first = not self.newest_first
        claimed = self._claim()
        if not claimed:
            self.likeness.forget()
            return 0, BatchResult()
        try:
            with Session(self.engine) as session, session.begin():
                return len(claimed), self._try(session, claimed)
        except Exception as fault:
            if is_unavailable(fault):
                raise
            log.info("%d parked events are tried one by one: %s", len(claimed), fault)
            return len(claimed), BatchResult()

    def _claim(self) -> list[Claimed]:
        wait = literal(self.retry_delays[0]) * text("interval '1 second'")
        claim = (
            update(inbox_parked)
            .where(parked.id.in_(READY.order_by(*(NEWEST if self.newest_first else OLDEST))))
            .values(reason=LONE_TRY, attempts=len(self.retry_delays), next_attempt_at=func.now() + wait)
            .returning(parked.id, parked.event)
        )
        with Session(self.engine) as session, session.begin():
            found = session.execute(claim, {"failing": ENCODER.encode(self.likeness.failing)})
            claimed = [Claimed(parked_id, Envelope.from_dict(event)) for parked_id, event in found]
        claimed.sort(key=lambda each: each.id, reverse=self.newest_first)
        return sorted(claimed, key=lambda each: self.likeness.is_alike(each.event))

    def _try(self, session: Session, claimed: Sequence[Claimed]) -> BatchResult:
        cursors = lock_cursors(session, [each.event.aggregate for each in claimed])
        still_there = set(session.scalars(STILL_THERE, {"ids": [each.id for each in claimed]}))
        ready = [each for each in claimed if each.id in still_there]
        ids = {_place(each.event): each.id for each in ready}
        next_ones = [each.event for each in ready if each.event.sequence == cursors[each.event.aggregate] + 1]
        failures = self._apply(session, next_ones)
        self.most_fail = 2 * len(failures) > len(next_ones)
        self.likeness.note(failure.event for failure in failures if not isinstance(failure.fault, SetAside))
        failed = {_place(failure.event) for failure in failures}
        result = self.applier.result_of([event for event in next_ones if _place(event) not in failed])
        self.applier.note(session, result)
        session.execute(DELETE, {"ids": [parked_id for place, parked_id in ids.items() if place not in failed]})
        self._note(session, failures, ids)
        return result

    def _apply(self, session: Session, events: Sequence[Envelope]) -> list[Failure]:
        patience, together = Patience(at_once=FOR), 1 if self.most_fail else AT_MOST
        handled = [event for event in events if event.type in self.applier.handlers]
        return [
            failure
            for handler, run in self.applier.runs(handled)
            for failure in try_each(session, handler, run, patience, together)
        ]

    def _note(self, session: Session, failures: Sequence[Failure], ids: dict[Place, int]) -> None:
        if not failures:
            return
        rows = []
        for event, fault in failures:
            why = self.complaints.tell(event, fault, state_after(fault))
            rows.append({"id": ids[_place(event)], **ToPark.failed(event, fault, why, self.retry_delays).columns()})
        session.execute(NOTE, {"rows": ENCODER.encode(rows)})


def _place(event: Envelope) -> Place:
    """Aggregate and version, by which one parked event is told from another; ids are their senders' affair."""
    return event.aggregate, event.sequence
