"""Digests: letters to one recipient on one channel that are gathered and handed over as one message.

Deliveries that are to be gathered wait with `gathers_at` and `gather_key` (their channel and recipient). When that
moment has come a job of the upkeep writes the digest, at most MOST deliveries in each. The first of them carries it: a
sender takes and settles this one as any other, and all the others follow what becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from chassis.clock import SHANGHAI, Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.settings import Settings
from notifications.adapters import texts
from notifications.config import Settings as OwnSettings
from notifications.domain.notice import Delivery, State, digest_of
from notifications.domain.recipients import Audience, Mentions, Recipient, RecipientKind
from notifications.domain.rules import Rules
from notifications.handlers.directory import Directory
from notifications.handlers.reviewing import review
from notifications.handlers.wording import Wording
from notifications.handlers.writing import facts_for, facts_of
from notifications.storage import delivery, digest, notice
from notifications.usecases.delivery_rows import as_delivery, in_state, store, text_of
from programme import rulesets

KIND = "digest"  # the name of its template
MOST = 200  # deliveries in one message
AT_ONCE = 10  # digests written in one step
FORGOTTEN_AT_ONCE = 300

WAITS = (in_state(State.PENDING), delivery.c.digest_id.is_(None), delivery.c.gathers_at <= func.now())
ORDER = (delivery.c.gather_key, delivery.c.gathers_at, delivery.c.id)
FIRST = select(delivery.c.gather_key).where(*WAITS).order_by(*ORDER).limit(1)
TOGETHER = select(delivery, notice).select_from(delivery.join(notice)).order_by(*ORDER).limit(MOST)


def gather(session: Session, now: datetime, settings: Settings) -> int:
    """A job of the upkeep: writes some digests whose time has come; returns how many."""
    for number in range(AT_ONCE):
        key = session.scalar(FIRST)
        if key is None:
            return number
        together = TOGETHER.where(*WAITS, delivery.c.gather_key == key)
        rows = session.execute(together.with_for_update(of=delivery)).all()
        gathered = [as_delivery(row) for row in rows]
        review(session, gathered, now.astimezone(SHANGHAI).date())
        withdrawn = [each for each in gathered if each.state == State.WITHDRAWN]
        store(session, withdrawn)
        if len(withdrawn) < len(gathered):
            _write(session, [each for each in gathered if each.state != State.WITHDRAWN], now)
    return AT_ONCE


def _write(session: Session, gathered: Sequence[Delivery], now: datetime) -> None:
    text, digest_id = _text(session, gathered, now), new_id()
    message_id = digest_of([each.notice.identity_on(each.channel) for each in gathered])
    notices = [each.notice.id for each in gathered]
    said = {"subject": text.subject, "body": text.body, "short": text.short, "language": text.language}
    session.execute(insert(digest), {"id": digest_id, **said, "notices": notices, "created_at": now})
    ids = [each.id for each in gathered]
    session.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids))
        .values(
            digest_id=digest_id,
            message_id=message_id,
            waits_for=None,
            next_attempt_at=case((delivery.c.id == ids[0], func.now())),
        )
    )


def _text(session: Session, gathered: Sequence[Delivery], now: datetime) -> texts.Text:
    of, today = gathered[0].notice, now.astimezone(SHANGHAI).date()
    rules = rulesets.rules_on(session, today, Rules)
    mentions = {
        RecipientKind.PERSON: Mentions(person_id=of.recipient_id),
        RecipientKind.ENTERPRISE: Mentions(enterprise_id=of.recipient_id),
        RecipientKind.DIVISION: Mentions(division=of.recipient_id),
    }[of.recipient_kind]
    directory = Directory.read(session, [mentions], today)
    _, names = directory.resolve(mentions, None, today)
    # A notice from before it had a line of its own stands by its subject.
    said = [(each.notice.created_at.astimezone(SHANGHAI).date(), text_of(each)) for each in gathered]
    entries = [(day, text.digest or text.subject) for day, text in said]
    recipient = Recipient(of.recipient_kind, of.recipient_id, Audience(of.recipient_kind))
    facts = {**facts_of({}, names, rules, today), "entries": entries}
    own = facts_for(facts, recipient, rules, directory)
    return Wording.read(session, rules, [recipient.id], today).text(KIND, recipient.kind, recipient.id, own)


def content_of(session: Session, digest_id: str) -> tuple[texts.Text, Sequence[str]]:
    """What a digest says, and the ids of the notices in it."""
    columns = (digest.c.subject, digest.c.body, digest.c.short, digest.c.language, digest.c.notices)
    *said, notices = session.execute(select(*columns).where(digest.c.id == digest_id)).one()
    subject, body, short, language = said
    return texts.Text(subject, body, short, language=language), notices


def _others(session: Session, carrier: Delivery) -> list[Delivery]:
    wanted = select(delivery, notice).select_from(delivery.join(notice))
    wanted = wanted.where(delivery.c.digest_id == carrier.digest_id, delivery.c.id != carrier.id)
    return [as_delivery(row) for row in session.execute(wanted.with_for_update(of=delivery))]


def follow(session: Session, carrier: Delivery, clock: Clock) -> None:
    """The others of its digest, if it is in one, end as the delivery that carried it has ended."""
    if carrier.digest_id is None:
        return
    others = _others(session, carrier)
    outbox.add_all(session, [(other, other.follow(carrier, clock.today())) for other in others], clock)
    store(session, others)


def wait_with(session: Session, carrier: Delivery) -> None:
    """The others of its digest wait again for what becomes of the delivery, which is tried again."""
    if carrier.digest_id is None:
        return
    others = (delivery.c.digest_id == carrier.digest_id, delivery.c.id != carrier.id)
    session.execute(update(delivery).where(*others).values(state=State.PENDING, attempts=0, next_attempt_at=None))


def forget_digests(session: Session, now: datetime, settings: Settings) -> int:
    """A job of the upkeep: removes digests whose deliveries are kept no more; returns how many."""
    assert isinstance(settings, OwnSettings)
    oldest = now - timedelta(days=settings.notice_days)
    is_in_use = exists().where(delivery.c.digest_id == digest.c.id)
    passed = select(digest.c.id).where(digest.c.created_at < oldest, ~is_in_use).limit(FORGOTTEN_AT_ONCE)
    return len(session.scalars(delete(digest).where(digest.c.id.in_(passed)).returning(digest.c.id)).all())
