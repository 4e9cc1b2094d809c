"""A letter on its way: taken by one sender, handed to the mail server, settled by the server's answer.

Taking a letter is committed before it is handed over, and the answer is committed after. A crash between the two leaves
the letter with a sender that no longer lives; whether the server took it nobody can know, so it is sent again with the
same Message-ID and counted as `maybe_repeated`. At most one letter per connection is in that window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Text, exists, func, literal, select, text, update
from sqlalchemy.orm import Session, joinedload

from chassis import audit, outbox, rulesets, scope
from chassis.auth import Caller
from chassis.clock import Clock
from chassis.errors import NotFound
from notifications.domain.notice import NO_ADDRESS, PENDING, SENDING, Delivery, Outcome
from notifications.storage import contact, delivery, notice

# A sender lives as long as its database session holds the advisory lock (SENDERS, its number); the database lets go of
# the lock when the process dies. No lease can expire under a slow mail server, and none has to be waited for.
SENDERS = 7_305_001
UNADDRESSED_AT_ONCE = 50


@dataclass(frozen=True)
class Letter:
    """What a sender has to hand over."""

    delivery_id: str
    notice_id: str
    recipient_id: str
    address: str  # sealed
    subject: str
    body: str


def is_waiting(session: Session) -> bool:
    """Whether there is a letter whose time has come."""
    return bool(session.scalar(select(exists().where(*_due()))))


def take(session: Session, sender: int, clock: Clock) -> Letter | None:
    """The next letter, now in the hands of `sender`; None if there is none. Letters without an address are settled."""
    for _ in range(UNADDRESSED_AT_ONCE):
        found = session.scalars(
            select(Delivery)
            .where(*_due())
            .options(joinedload(Delivery.notice))
            .order_by(delivery.c.next_attempt_at, delivery.c.id)
            .limit(1)
            .with_for_update(of=delivery, skip_locked=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is None:
            return None
        told = found.notice
        address = session.scalar(
            select(contact.c.email).where(
                contact.c.owner_kind == told.recipient_kind, contact.c.owner_id == told.recipient_id
            )
        )
        if address is not None:
            found.begin(sender, address)
            return Letter(found.id, told.id, told.recipient_id, address, told.subject, told.body)
        outbox.add(session, found, found.lacks_address(clock.today()), clock)
        session.flush()
    return None


def settle(session: Session, delivery_id: str, sender: int, outcome: Outcome, clock: Clock) -> Delivery | None:
    """Enters what came of handing a letter over; None if the letter is no longer in this sender's hands."""
    found = session.scalars(
        select(Delivery)
        .where(delivery.c.id == delivery_id, _in_state(SENDING), delivery.c.sender == sender)
        .options(joinedload(Delivery.notice))
        .with_for_update(of=delivery)
    ).one_or_none()
    if found is None:
        return None
    event = found.settle(outcome, clock.now(), clock.today())
    if event is not None:
        outbox.add(session, found, event, clock)
    elif found.state == PENDING:
        found.next_attempt_at = func.now() + timedelta(seconds=found.wait)
    return found


def release(session: Session, sender: int, kept: str | None) -> None:
    """Gives back what `sender` had taken and, as it knows, not handed over; but not the letter `kept`."""
    session.execute(
        update(delivery)
        .where(_in_state(SENDING), delivery.c.sender == sender, delivery.c.id.is_distinct_from(kept))
        .values(state=PENDING, sender=None, next_attempt_at=func.now())
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
    return released.rowcount


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
    return changed.rowcount


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


def _in_state(state: str) -> ColumnElement[bool]:
    # Written into the statement, so that the planner sees that the state's partial index applies.
    return delivery.c.state == literal(state, Text, literal_execute=True)


def _due() -> tuple[ColumnElement[bool], ...]:
    return _in_state(PENDING), delivery.c.next_attempt_at <= func.now()
