"""Letters on their way: taken by a sender, handed to the mail server, settled by the server's answer.

Taking letters is committed before they are handed over, and the answers are committed after. A crash between the two
leaves letters with a sender that no longer lives; whether the server took them nobody can know, so they are sent again
with the same Message-ID and counted as `maybe_repeated`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Row,
    Text,
    and_,
    bindparam,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.messaging import outbox
from notifications.domain.notice import Delivery, Notice, SmtpResult, State
from notifications.domain.rules import Rules
from notifications.storage import contact, delivery, notice
from programme import rulesets

# A sender lives as long as its database session holds the advisory lock (SENDERS, its number); the database lets go of
# the lock when the process dies. No lease can expire under a slow mail server, and none has to be waited for.
SENDERS = 7_305_001
# Notified by the trigger `notify_letters` on the table `delivery`, whenever a letter is written or becomes pending
# again (migration 0002).
WAKE_UP_CHANNEL = "cqo_letters"
LOOK_AT_MOST = 2000  # letters without an address, in one look
NEWEST = "g"  # comes after every id
ROUNDS = 5  # in one transaction, past letters without an address
DELIVERY_FIELDS = tuple(column.name for column in delivery.columns if column.name != "notice_id")
NOTICE_FIELDS = tuple(column.name for column in notice.columns)


@dataclass(frozen=True)
class Letter:
    """What a sender has to hand over: a delivery as it was taken, and the sealed address it goes to."""

    delivery: Delivery
    address: str

    @property
    def id(self) -> str:
        return self.delivery.id

    @property
    def notice(self) -> Notice:
        return self.delivery.notice


def _in_state(state: State) -> ColumnElement[bool]:
    # Written into the statement, so that the planner sees that the state's partial index applies.
    return delivery.c.state == literal(state, Text, literal_execute=True)


# Statements are built once; and the rows are locked, so the ORM would only add its bookkeeping.
# Not now(), which stands still in a transaction: a letter may be taken in the one that wrote it.
IS_DUE = and_(_in_state(State.PENDING), delivery.c.next_attempt_at <= func.statement_timestamp())
OF_RECIPIENT = and_(contact.c.owner_kind == notice.c.recipient_kind, contact.c.owner_id == notice.c.recipient_id)
NEXT_DUE = select(func.extract("epoch", func.min(delivery.c.next_attempt_at) - func.statement_timestamp())).where(
    _in_state(State.PENDING)
)
NEXT = (
    select(delivery, notice, contact.c.email)
    .join_from(delivery, notice)
    .outerjoin(contact, OF_RECIPIENT)
    .where(IS_DUE)
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


IS_DEAD = text(
    "NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
    "AND classid = :senders AND objid = delivery.sender "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
).bindparams(senders=SENDERS)
ORPHANS = select(delivery.c.id).where(_in_state(State.SENDING), IS_DEAD).with_for_update(skip_locked=True)
RELEASE_ORPHANS = (
    update(delivery)
    .where(delivery.c.id.in_(ORPHANS))
    .values(
        state=State.PENDING,
        sender=None,
        next_attempt_at=func.now(),
        maybe_repeated=delivery.c.maybe_repeated + 1,
    )
    .returning(delivery.c.id)
)
LOOKED_AT = (
    select(delivery.c.id, notice.c.created_at)
    .join(notice, notice.c.id == delivery.c.notice_id)
    .where(_in_state(State.NO_ADDRESS), delivery.c.id < bindparam("before"))
    .order_by(delivery.c.id.desc())
    .limit(bindparam("at_most"))
)
ADDRESSED = (
    select(delivery.c.id)
    .join(notice, notice.c.id == delivery.c.notice_id)
    .join(contact, OF_RECIPIENT)
    .where(_in_state(State.NO_ADDRESS), contact.c.email.is_not(None))
    .where(delivery.c.id == func.any(bindparam("ids", type_=ARRAY(Text))))
    .where(notice.c.created_at >= bindparam("oldest", type_=DateTime(timezone=True)))
    .with_for_update(of=delivery, skip_locked=True)
)
READDRESS = (
    update(delivery)
    .where(delivery.c.id.in_(ADDRESSED))
    .values(state=State.PENDING, next_attempt_at=func.now())
    .returning(delivery.c.id)
)


def next_due_in(session: Session) -> float:
    """The seconds until the next letter is to be sent, 0 or less if there is one now; infinite if none waits."""
    found = session.scalar(NEXT_DUE)
    return math.inf if found is None else float(found)


def take(session: Session, sender: int, room: int, clock: Clock) -> list[Letter]:
    """Up to `room` letters, now in the hands of `sender`. Those without an address are settled on the way."""
    letters: list[Letter] = []
    for _ in range(ROUNDS):
        rows = session.execute(NEXT, {"room": room}).all()
        touched = []
        for row in rows:
            found = _as_delivery(row)
            if row.email is None:
                outbox.add(session, found, found.lacks_address(clock.today()), clock)
            else:
                found.begin(sender, row.email)
                letters.append(Letter(found, row.email))
            touched.append(found)
        _store(session, touched)
        if letters or not rows:
            break
    return letters


def _as_delivery(row: Row[*tuple[object, ...]]) -> Delivery:
    values = row._mapping
    of = Notice(**{name: values[notice.c[name]] for name in NOTICE_FIELDS})
    return Delivery(notice=of, **{name: values[delivery.c[name]] for name in DELIVERY_FIELDS})


def settle(session: Session, answered: Sequence[tuple[Letter, SmtpResult]], sender: int, clock: Clock) -> int:
    """Enters what came of handing letters over; returns how many of them still were in this sender's hands."""
    if not answered:
        return 0
    held = set(session.scalars(HELD, {"ids": [letter.id for letter, _ in answered], "sender": sender}))
    settled = []
    for letter, result in answered:
        if letter.id not in held:
            continue
        # A copy: if this transaction fails, the answer is entered again.
        found = replace(letter.delivery, notice=replace(letter.notice, deliveries=[]))
        event = found.settle(result, clock.now(), clock.today())
        if event is not None:
            outbox.add(session, found, event, clock)
        settled.append(found)
    _store(session, settled)
    return len(settled)


def _store(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Writes back deliveries whose rows this transaction has locked."""
    values = [
        {
            **{name: getattr(found, name) for name in STORED},
            "wait": found.wait if found.state == State.PENDING else None,
        }
        for found in deliveries
    ]
    if values:
        session.execute(STORE, {"deliveries": json.dumps(values, default=datetime.isoformat)})


def release(session: Session, sender: int, kept: Sequence[str]) -> None:
    """Gives back what `sender` had taken and, as it knows, not handed over; but not the letters `kept`."""
    session.execute(
        update(delivery)
        .where(_in_state(State.SENDING), delivery.c.sender == sender, delivery.c.id.not_in(kept))
        .values(state=State.PENDING, sender=None, attempts=delivery.c.attempts - 1, next_attempt_at=func.now())
    )


def release_orphans(session: Session) -> int:
    """Gives back the letters of senders that died; returns how many. The mail server may have taken each."""
    return len(session.scalars(RELEASE_ORPHANS).all())


@dataclass
class Unaddressed:
    """The walk over letters without an address: some at a time, the newest first, and never those that are too old."""

    before: str = NEWEST

    def readdress(self, session: Session, clock: Clock) -> int:
        """Sends those of the next LOOK_AT_MOST that have an address now; returns how many."""
        rules = rulesets.rules_on(session, clock.today(), Rules)
        oldest = clock.now() - timedelta(days=rules.address_wait_days)
        looked_at = session.execute(LOOKED_AT, {"before": self.before, "at_most": LOOK_AT_MOST}).all()
        if not looked_at:
            self.before = NEWEST
            return 0
        last = looked_at[-1]
        # Ids rise with time: beyond one that is too old there are only older ones.
        is_at_end = len(looked_at) < LOOK_AT_MOST or last.created_at < oldest
        self.before = NEWEST if is_at_end else last.id
        ids = [row.id for row in looked_at if row.created_at >= oldest]
        return len(session.scalars(READDRESS, {"ids": ids, "oldest": oldest}).all())
