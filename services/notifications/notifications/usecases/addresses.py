"""Where the letters of a channel go to, which of these addresses are bad, and letters that wait for one.

An address is bad once a server has said that nobody has it. Nothing more is sent there until it changes, and whoever
keeps it is asked, once, to mend it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    Text,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from chassis.clock import Clock
from notifications.domain.notice import Channel, State
from notifications.domain.recipients import RecipientKind
from notifications.domain.rules import Rules
from notifications.storage import bad_address, contact, delivery, notice, robot
from notifications.usecases.delivery_rows import in_state
from programme import rulesets

LOOK_AT_MOST = 2000  # letters without an address, in one look
NEWEST = "g"  # comes after every id

OF_RECIPIENT = and_(contact.c.owner_kind == notice.c.recipient_kind, contact.c.owner_id == notice.c.recipient_id)
OF_OFFICE = and_(notice.c.recipient_kind == RecipientKind.DIVISION, robot.c.division == notice.c.recipient_id)
KEPT: Mapping[Channel, tuple[FromClause, ColumnElement[bool], ColumnElement[str | None]]] = {
    Channel.EMAIL: (contact, OF_RECIPIENT, contact.c.email),
    Channel.SMS: (contact, OF_RECIPIENT, contact.c.phone),
    Channel.ROBOT: (robot, OF_OFFICE, robot.c.sealed),
}
FAULT = bad_address.c.reason.label("fault")  # why the address is bad


def _named(channel: Channel) -> ColumnElement[str]:
    return literal(channel, Text, literal_execute=True)


def beside(deliveries: FromClause, channel: Channel) -> FromClause:
    """Deliveries with their notices, beside what is known of their recipients' addresses on that channel."""
    table, of_recipient, _ = KEPT[channel]
    of_bad = and_(
        bad_address.c.owner_kind == notice.c.recipient_kind,
        bad_address.c.owner_id == notice.c.recipient_id,
        bad_address.c.channel == _named(channel),
    )
    return deliveries.outerjoin(table, of_recipient).outerjoin(bad_address, of_bad)


def sealed(channel: Channel) -> ColumnElement[str | None]:
    """The address as it is kept; NULL where there is none that may be used."""
    return case((bad_address.c.channel.is_(None), KEPT[channel][2])).label("sealed")


@functools.cache
def _looked_at(channel: Channel) -> Select[str, object]:
    return (
        select(delivery.c.id, notice.c.created_at)
        .join(notice, notice.c.id == delivery.c.notice_id)
        .where(in_state(State.NO_ADDRESS), delivery.c.channel == _named(channel), delivery.c.id < bindparam("before"))
        .order_by(delivery.c.id.desc())
        .limit(bindparam("at_most"))
    )


@functools.cache
def _readdress(channel: Channel) -> Update:
    addressed = (
        select(delivery.c.id)
        .select_from(beside(delivery.join(notice), channel))
        .where(in_state(State.NO_ADDRESS), sealed(channel).is_not(None))
        .where(delivery.c.id == func.any(bindparam("ids", type_=ARRAY(Text))))
        .where(notice.c.created_at >= bindparam("oldest", type_=DateTime(timezone=True)))
        .with_for_update(of=delivery, skip_locked=True)
    )
    # What was gathered into a message that nobody got is gathered anew.
    is_alone = delivery.c.gather_key.is_(None)
    values = {"next_attempt_at": case((is_alone, func.now())), "message_id": case((is_alone, delivery.c.message_id))}
    return (
        update(delivery)
        .where(delivery.c.id.in_(addressed))
        .values(state=State.PENDING, answer=None, digest_id=None, **values)
        .returning(delivery.c.id)
    )


@dataclass
class Unaddressed:
    """The walk over a channel's letters without an address: some at a time, the newest first, none that is too old."""

    channel: Channel
    before: str = NEWEST

    def readdress(self, session: Session, clock: Clock) -> int:
        """Sends those of the next LOOK_AT_MOST that have an address now; returns how many."""
        rules = rulesets.rules_on(session, clock.today(), Rules)
        oldest = clock.now() - timedelta(days=rules.address_wait_days)
        values = {"before": self.before, "at_most": LOOK_AT_MOST}
        looked_at = session.execute(_looked_at(self.channel), values).all()
        if not looked_at:
            self.before = NEWEST
            return 0
        last = looked_at[-1]
        # Ids rise with time: beyond one that is too old there are only older ones.
        is_at_end = len(looked_at) < LOOK_AT_MOST or last.created_at < oldest
        self.before = NEWEST if is_at_end else last.id
        ids = [row.id for row in looked_at if row.created_at >= oldest]
        return len(session.scalars(_readdress(self.channel), {"ids": ids, "oldest": oldest}).all())
