"""Letters on their way: taken by a sender, handed over by its channel, settled by the answer.

A letter is a delivery that leaves the house, by e-mail, as a text message or by a robot. Taking letters is committed
before they are handed over, and the answers are committed after. A crash between the two leaves letters with a sender
that no longer lives; whether they were taken nobody can know. Such a letter is sent once more with the same identity,
and counted as `maybe_repeated`. If that ends in doubt too, it is `unknown` and waits for a person.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ARRAY, Select, Text, and_, bindparam, func, literal, select, text, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.messaging import outbox
from notifications.adapters import texts
from notifications.domain.notice import Channel, Delivery, Notice, Outcome, Refused, State
from notifications.events import NoticeSent
from notifications.handlers.reviewing import review
from notifications.storage import delivery, notice
from notifications.usecases import addresses, digests, limits
from notifications.usecases.delivery_rows import as_delivery, in_state, store, text_of
from notifications.usecases.holders import is_gone
from notifications.usecases.limits import Limit

# A sender lives as long as its database session holds the advisory lock (SENDERS, its number); the database lets go of
# the lock when the process dies. No lease can expire under a slow server, and none has to be waited for.
SENDERS = 7_305_001
ROUNDS, LOOK_PAST = 5, 200  # in one transaction, past letters without an address; so many in each but the first


@dataclass(frozen=True)
class Letter:
    """What a sender has to hand over: a delivery as it was taken, where it goes to (sealed), and what it says."""

    delivery: Delivery
    address: str
    text: texts.Text
    references: Sequence[str]  # the ids of the notices in it
    limits: Sequence[Limit] = ()  # on which it is counted

    @property
    def id(self) -> str:
        return self.delivery.id

    @property
    def notice(self) -> Notice:
        return self.delivery.notice


LimitsOf = Callable[[Letter], Sequence[Limit]]


def wake_up_channel(channel: Channel) -> str:
    """What the trigger `notify_letters` notifies when a letter of that channel is written or becomes pending again."""
    return "cqo_letters" if channel is Channel.EMAIL else f"cqo_letters_{channel}"


# Statements are built once; and the rows are locked, so the ORM would only add its bookkeeping.
# Not now(), which stands still in a transaction: a letter may be taken in the one that wrote it.
IS_DUE = and_(in_state(State.PENDING), delivery.c.next_attempt_at <= func.statement_timestamp())
NEXT_DUE = select(func.extract("epoch", func.min(delivery.c.next_attempt_at) - func.statement_timestamp())).where(
    in_state(State.PENDING), delivery.c.channel == bindparam("channel")
)


@functools.cache
def _next(channel: Channel) -> Select[*tuple[object, ...]]:
    return (
        select(delivery, notice, addresses.sealed(channel), addresses.FAULT)
        .select_from(addresses.beside(delivery.join(notice), channel))
        .where(IS_DUE, delivery.c.channel == literal(channel, Text, literal_execute=True))
        .order_by(delivery.c.next_attempt_at, delivery.c.id)
        .limit(bindparam("room"))
        .with_for_update(of=delivery, skip_locked=True)
    )


HELD = text(
    "SELECT id FROM delivery WHERE id = ANY(:ids) AND state = 'sending' AND sender = :sender ORDER BY id FOR UPDATE"
).bindparams(bindparam("ids", type_=ARRAY(Text)))
IS_DEAD = text(is_gone(SENDERS, "delivery.sender"))
ORPHANS = (
    select(delivery, notice)
    .select_from(delivery.join(notice))
    .where(in_state(State.SENDING), IS_DEAD)
    .with_for_update(of=delivery, skip_locked=True)
)


def next_due_in(session: Session, channel: Channel) -> float:
    """The seconds until the channel's next letter is to be sent, 0 or less if there is one now; infinite if none."""
    found = session.scalar(NEXT_DUE, {"channel": channel})
    return math.inf if found is None else float(found)


def take(
    session: Session, channel: Channel, sender: int, room: int, clock: Clock, limits_of: LimitsOf | None = None
) -> list[Letter]:
    """Up to `room` letters of a channel, now in the hands of `sender`.

    Those without an address are settled on the way, and those for which a limit has no room wait for its next period.
    """
    letters: list[Letter] = []
    for number in range(ROUNDS):
        rows = session.execute(_next(channel), {"room": LOOK_PAST if number else room}).all()
        deliveries = [as_delivery(row) for row in rows]
        review(session, deliveries, clock.today())
        touched: list[Delivery] = []
        for row, found in zip(rows, deliveries, strict=True):
            touched.append(found)
            if found.state == State.WITHDRAWN:
                continue  # it holds no longer
            if row.sealed is None:
                _lacks_address(session, found, row.fault, clock)
                continue
            if len(letters) == room:
                touched.pop()
                continue
            letter = _letter(session, found, row.sealed)
            if limits_of is not None:
                letter = replace(letter, limits=limits_of(letter))
                if (full := limits.reserve(session, letter.limits)) is not None:
                    limits.put_off(session, touched.pop(), full)
                    continue
            found.begin(sender, row.sealed)
            letters.append(letter)
        store(session, touched)
        if letters or not rows:
            break
    return letters


def _letter(session: Session, found: Delivery, sealed: str) -> Letter:
    if found.digest_id is not None:
        return Letter(found, sealed, *digests.content_of(session, found.digest_id))
    of = found.notice
    return Letter(found, sealed, text_of(found), [of.id])


def _lacks_address(session: Session, found: Delivery, fault: str | None, clock: Clock) -> None:
    outbox.add(session, found, found.lacks_address(clock.today(), fault), clock)
    digests.follow(session, found, clock)


@dataclass(frozen=True)
class Settled:
    """How many letters still were in the sender's hands, and those whose address is bad, with the server's answer."""

    number: int
    refused: Sequence[tuple[Delivery, str]]


def settle(session: Session, answered: Sequence[tuple[Letter, Outcome]], sender: int, clock: Clock) -> Settled:
    """Enters what came of handing letters over."""
    if not answered:
        return Settled(0, ())
    held = set(session.scalars(HELD, {"ids": [letter.id for letter, _ in answered], "sender": sender}))
    settled: list[Delivery] = []
    ended: list[tuple[Delivery, NoticeSent]] = []
    refused: list[tuple[Delivery, str]] = []
    for letter, outcome in answered:
        if letter.id not in held:
            continue
        # A copy: if this transaction fails, the answer is entered again.
        found = replace(letter.delivery, notice=replace(letter.notice, deliveries=[]))
        event = found.settle(outcome, clock.now(), clock.today())
        if event is not None:
            ended.append((found, event))
        if isinstance(outcome, Refused):
            limits.give_back(session, letter.limits)
            if outcome.address_is_bad:
                refused.append((found, outcome.answer))
        settled.append(found)
    outbox.add_all(session, ended, clock)
    for found, _ in ended:
        digests.follow(session, found, clock)
    store(session, settled)
    return Settled(len(settled), refused)


def release(session: Session, sender: int, kept: Sequence[str]) -> None:
    """Gives back what `sender` had taken and, as it knows, not handed over; but not the letters `kept`."""
    session.execute(
        update(delivery)
        .where(in_state(State.SENDING), delivery.c.sender == sender, delivery.c.id.not_in(kept))
        .values(state=State.PENDING, sender=None, attempts=delivery.c.attempts - 1, next_attempt_at=func.now())
    )


def release_orphans(session: Session, clock: Clock) -> Counter[Channel]:
    """Gives back the letters of senders that died, each of which may have been taken; how many, by channel."""
    orphans = [as_delivery(row) for row in session.execute(ORPHANS)]
    for found in orphans:
        event = found.lose_sight(clock.today())
        if event is not None:
            outbox.add(session, found, event, clock)
            digests.follow(session, found, clock)
    store(session, orphans, wait=0)
    return Counter(found.channel for found in orphans)
