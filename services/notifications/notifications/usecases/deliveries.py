"""Letters on their way: taken by a sender, handed to the mail server, settled by the server's answer.

Taking letters is committed before they are handed over, and the answers are committed after. A crash between the two
leaves letters with a sender that no longer lives; whether the server took them nobody can know, so they are sent again
with the same Message-ID and counted as `maybe_repeated`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, bindparam, exists, func, literal, select, text, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.messaging import outbox
from chassis.security import audit
from notifications.domain.notice import NO_ADDRESS, PENDING, SENDING, Delivery, Notice, Outcome
from notifications.storage import contact, delivery, notice
from programme import rulesets, scope
from programme.callers import Caller

# A sender lives as long as its database session holds the advisory lock (SENDERS, its number); the database lets go of
# the lock when the process dies. No lease can expire under a slow mail server, and none has to be waited for.
SENDERS = 7_305_001
CHANNEL = "cqo_letters"  # notified by the database when a letter may have become due
LOOKS = 5  # in one transaction, past letters without an address
DELIVERY_FIELDS = tuple(column.name for column in delivery.columns if column.name != "notice_id")
NOTICE_FIELDS = tuple(column.name for column in notice.columns)


def _in_state(state: str) -> ColumnElement[bool]:
    # Written into the statement, so that the planner sees that the state's partial index applies.
    return delivery.c.state == literal(state, Text, literal_execute=True)


def _due() -> tuple[ColumnElement[bool], ...]:
    # Not now(), which stands still in a transaction: a letter may be taken in the one that wrote it.
    return _in_state(PENDING), delivery.c.next_attempt_at <= func.statement_timestamp()


@dataclass(frozen=True)
class Letter:
    """What a sender has to hand over: a delivery in its hands, as the table has it."""

    columns: dict[str, Any]
    told: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.columns["id"])

    @property
    def delivery(self) -> Delivery:
        """The delivery, made anew each time: an answer that could not be entered is entered again."""
        return Delivery(notice=Notice(**self.told), **self.columns)


# Statements of the hot path: the rows are locked, so the ORM would only add its bookkeeping.
NEXT = (
    select(delivery, notice, contact.c.email)
    .join_from(delivery, notice)
    .outerjoin(
        contact, (contact.c.owner_kind == notice.c.recipient_kind) & (contact.c.owner_id == notice.c.recipient_id)
    )
    .where(*_due())
    .order_by(delivery.c.next_attempt_at, delivery.c.id)
    .limit(bindparam("room"))
    .with_for_update(of=delivery, skip_locked=True)
)
HELD = text(
    "SELECT id FROM delivery WHERE id = ANY(:ids) AND state = 'sending' AND sender = :sender ORDER BY id FOR UPDATE"
).bindparams(bindparam("ids", type_=ARRAY(Text)))
STORE = text(
    "UPDATE delivery SET state = new.state, version = new.version, attempts = new.attempts, sender = new.sender, "
    "maybe_repeated = new.maybe_repeated, address = new.address, answer = new.answer, sent_at = new.sent_at, "
    "next_attempt_at = now() + make_interval(secs => new.wait) "
    "FROM jsonb_to_recordset(:deliveries) AS new (id text, state text, version integer, attempts integer, "
    "sender integer, maybe_repeated integer, address text, answer text, sent_at timestamptz, wait float) "
    "WHERE delivery.id = new.id"
)
STORED = ("id", "state", "version", "attempts", "sender", "maybe_repeated", "address", "answer", "sent_at")


def is_waiting(session: Session) -> bool:
    """Whether there is a letter whose time has come."""
    return bool(session.scalar(select(exists().where(*_due()))))


def take(session: Session, sender: int, room: int, clock: Clock) -> list[Letter]:
    """Up to `room` letters, now in the hands of `sender`. Those without an address are settled on the way."""
    letters: list[Letter] = []
    for _ in range(LOOKS):
        rows = session.execute(NEXT, {"room": room}).all()
        touched = []
        for row in rows:
            told = {name: row._mapping[notice.c[name]] for name in NOTICE_FIELDS}
            found = Letter({name: row._mapping[delivery.c[name]] for name in DELIVERY_FIELDS}, told).delivery
            if row.email is None:
                outbox.add(session, found, found.lacks_address(clock.today()), clock)
            else:
                found.begin(sender, row.email)
                letters.append(Letter({name: getattr(found, name) for name in DELIVERY_FIELDS}, told))
            touched.append(found)
        _store(session, touched)
        if letters or not rows:
            break
    return letters


def settle(session: Session, answered: Sequence[tuple[Letter, Outcome]], sender: int, clock: Clock) -> int:
    """Enters what came of handing letters over; returns how many of them still were in this sender's hands."""
    if not answered:
        return 0
    held = set(session.scalars(HELD, {"ids": [letter.id for letter, _ in answered], "sender": sender}))
    settled = []
    for letter, outcome in answered:
        if letter.id not in held:
            continue
        found = letter.delivery
        event = found.settle(outcome, clock.now(), clock.today())
        if event is not None:
            outbox.add(session, found, event, clock)
        settled.append(found)
    _store(session, settled)
    return len(settled)


def _store(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Writes back deliveries whose rows this transaction has locked."""
    values = [
        {**{name: getattr(found, name) for name in STORED}, "wait": found.wait if found.state == PENDING else None}
        for found in deliveries
    ]
    if values:
        session.execute(STORE, {"deliveries": json.dumps(values, default=datetime.isoformat)})


def release(session: Session, sender: int, kept: Sequence[str]) -> None:
    """Gives back what `sender` had taken and, as it knows, not handed over; but not the letters `kept`."""
    session.execute(
        update(delivery)
        .where(_in_state(SENDING), delivery.c.sender == sender, delivery.c.id.not_in(kept))
        .values(state=PENDING, sender=None, attempts=delivery.c.attempts - 1, next_attempt_at=func.now())
    )


def release_orphans(session: Session) -> int:
    """Gives back the letters of senders that have died; each may have been taken by the mail server, and is counted."""
    is_dead = text(
        "NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
        "AND classid = :senders AND objid = delivery.sender "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    ).bindparams(senders=SENDERS)
    orphans = select(delivery.c.id).where(_in_state(SENDING), is_dead).with_for_update(skip_locked=True)
    repeated = {"maybe_repeated": delivery.c.maybe_repeated + 1}
    released = session.execute(
        update(delivery)
        .where(delivery.c.id.in_(orphans))
        .values(state=PENDING, sender=None, next_attempt_at=func.now(), **repeated)
    )
    return released.rowcount  # type: ignore[attr-defined, no-any-return]


def readdress(session: Session, clock: Clock) -> int:
    """Sends what had no address, now that there is one, unless the notice has become old."""
    days = rulesets.in_force(session, clock.today()).parameters["address_wait_days"]
    addressed = (
        select(delivery.c.id)
        .join(notice, notice.c.id == delivery.c.notice_id)
        .join(
            contact, (contact.c.owner_kind == notice.c.recipient_kind) & (contact.c.owner_id == notice.c.recipient_id)
        )
        .where(_in_state(NO_ADDRESS), contact.c.email.is_not(None))
        .where(notice.c.created_at >= clock.now() - timedelta(days=days))
        .with_for_update(of=delivery, skip_locked=True)
    )
    changed = session.execute(
        update(delivery).where(delivery.c.id.in_(addressed)).values(state=PENDING, next_attempt_at=func.now())
    )
    return changed.rowcount  # type: ignore[attr-defined, no-any-return]


def retry(session: Session, caller: Caller, delivery_id: str, clock: Clock) -> Delivery:
    """Tries a failed delivery again, because somebody has mended what it failed for."""
    found = session.scalars(
        select(Delivery)
        .join(notice, notice.c.id == delivery.c.notice_id)
        .where(delivery.c.id == delivery_id, scope.within(notice.c.division, caller, clock.today()))
        .with_for_update(of=delivery)
    ).one_or_none()
    if found is None:
        raise NotFound()
    found.retry()
    found.next_attempt_at = func.now()
    audit.record(session, caller, "delivery.retried", f"delivery:{found.id}", {"channel": found.channel}, clock)
    return found
