"""An address that nobody has, as a server said: it is flagged, and whoever keeps it is asked to mend it.

Nothing more is sent there until it changes: a person's by themselves or their employer, an office's robot by its staff.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Select, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import Transient
from chassis.security import CannotOpen
from notifications.adapters.personal_data import PersonalDataCipher, SealedContact
from notifications.domain.notice import Channel, Delivery, Notice
from notifications.domain.recipients import Audience, Mentions, RecipientKind
from notifications.domain.rules import Rules
from notifications.handlers.directory import Directory
from notifications.handlers.wording import Wording
from notifications.handlers.writing import Cause, Writer, facts_for, facts_of
from notifications.storage import bad_address, contact, robot
from programme import rulesets

log = logging.getLogger(__name__)

KIND = "address_failed"
FLAG = insert(bad_address).on_conflict_do_nothing().returning(bad_address.c.owner_id)


def flag(session: Session, found: Delivery, reason: str, personal_data: PersonalDataCipher, clock: Clock) -> bool:
    """Flags the address that `found` went to, and asks once to mend it. False if it has changed, or was flagged."""
    of, channel = found.notice, found.channel
    present = session.scalar(_kept(channel, of.recipient_kind, of.recipient_id))
    if found.address is None or present is None:
        return False
    if not _is_same(personal_data, channel, of.recipient_id, found.address, present):
        return False
    owner = {"owner_kind": of.recipient_kind, "owner_id": of.recipient_id, "channel": channel}
    added = session.scalar(FLAG, {**owner, "sealed": present, "reason": reason, "since": datetime.now(UTC)})
    if added is None:
        return False
    _ask_to_mend(session, found, personal_data, clock)
    return True


def _kept(channel: Channel, owner_kind: str, owner_id: str) -> Select[str | None]:
    if channel is Channel.ROBOT:
        return select(robot.c.sealed).where(robot.c.division == owner_id)
    column = contact.c.email if channel is Channel.EMAIL else contact.c.phone
    return select(column).where(contact.c.owner_kind == owner_kind, contact.c.owner_id == owner_id)


def _is_same(personal_data: PersonalDataCipher, channel: Channel, owner_id: str, one: str, other: str) -> bool:
    """Whether two sealed addresses are the same in clear; each is sealed anew whenever it comes."""
    try:
        first, second = (personal_data.open_address(channel, owner_id, each) for each in (one, other))
    except CannotOpen:
        return False
    return first == second


def _ask_to_mend(session: Session, found: Delivery, personal_data: PersonalDataCipher, clock: Clock) -> None:
    """A notice to the enterprise that the owner works for, or to the owner who is no person."""
    of, today = found.notice, clock.today()
    mentions = _owner(of)
    try:
        directory = Directory.read(session, [mentions], today)
        parties, names = directory.resolve(mentions, None, today)
    except Transient:
        # Without its registration nobody knows who keeps its contact points; the answer is entered all the same.
        log.warning("%s %s has a bad address, and is not known here", of.recipient_kind, of.recipient_id)
        return
    audience = Audience.DIVISION if of.recipient_kind == RecipientKind.DIVISION else Audience.ENTERPRISE
    rules = rulesets.rules_on(session, today, Rules)
    # It follows from the event that the letter told of, and needs no rule.
    about = Cause(
        of.cause_id, KIND, of.id, f"delivery:{found.id}", today, clock.now(), {}, parties, names, rules=(), more={}
    )
    for recipient in parties.recipients([audience]):
        facts = {
            **facts_of({}, names, rules, today),
            "owner_kind": of.recipient_kind.value,
            "channel": found.channel.value,
            "address": personal_data.masked_address(found.channel, of.recipient_id, found.address),
        }
        own = facts_for(facts, recipient, rules, directory)
        writer = Writer(session, Wording.read(session, rules, [recipient.id], today), directory, clock)
        writer.tell(about, KIND, recipient, own)
        writer.write()


def _owner(of: Notice) -> Mentions:
    return {
        RecipientKind.PERSON: Mentions(person_id=of.recipient_id, concerns_present_employer=True),
        RecipientKind.ENTERPRISE: Mentions(enterprise_id=of.recipient_id),
        RecipientKind.DIVISION: Mentions(division=of.recipient_id),
    }[of.recipient_kind]


def contacts_changed(
    session: Session, changed: Mapping[tuple[RecipientKind, str], SealedContact], personal_data: PersonalDataCipher
) -> None:
    """Takes the flags off addresses that have changed; `changed` by kind and id of their owners."""
    owners = tuple_(bad_address.c.owner_kind, bad_address.c.owner_id).in_(list(changed))
    flagged = session.execute(select(bad_address).where(owners, bad_address.c.channel != Channel.ROBOT)).all()
    for row in flagged:
        points = changed[row.owner_kind, row.owner_id]
        now = points.email if row.channel == Channel.EMAIL else points.phone
        if now is None or not _is_same(personal_data, row.channel, row.owner_id, row.sealed, now):
            take_off(session, row.owner_kind, row.owner_id, row.channel)


def take_off(session: Session, owner_kind: str, owner_id: str, channel: Channel) -> None:
    """The address has changed: it may be used again."""
    same = (bad_address.c.owner_kind == owner_kind, bad_address.c.owner_id == owner_id)
    session.execute(delete(bad_address).where(*same, bad_address.c.channel == channel))
