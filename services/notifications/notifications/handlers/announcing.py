"""An event that somebody must know of becomes a notice for each who must, and a delivery for each channel.

All of it happens in the transaction that moves the event's cursor, so an event is announced once, whatever crashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import Envelope, outbox
from notifications.adapters import texts
from notifications.domain.announcements import matching
from notifications.domain.notice import Channel, Delivery, Notice
from notifications.domain.recipients import Mentions, Parties
from notifications.domain.rules import Rules
from notifications.handlers import Batch
from notifications.handlers.directory import Directory, Names
from notifications.storage import cause
from programme import rulesets

# One that is there was announced before its publisher was put back, and is taken a second time.
ADD_CAUSE = insert(cause).on_conflict_do_nothing().returning(cause.c.id)


class Announced(Protocol):
    """What is read of an event that is announced: a frozen dataclass that says which ids it mentions."""

    @property
    def mentions(self) -> Mentions:
        """Those whom the event names, by their ids."""


AnnouncedT = TypeVar("AnnouncedT", bound=Announced)


@dataclass(frozen=True)
class Cause:
    """An event to be announced, with those whom it concerns and their names."""

    event: Envelope
    data: Mapping[str, object]  # of the event, by the names of its fields
    parties: Parties
    names: Names


def announce(session: Session, events: Batch[AnnouncedT], clock: Clock) -> None:
    """Records `events` as causes, and writes the notices that the table of announcements asks for."""
    today = clock.today()
    rules = rulesets.rules_on(session, today, Rules)
    directory = Directory.read(session, [event.data.mentions for event in events], today)
    causes = [
        Cause(event, vars(event.data), *directory.resolve(event.data.mentions, event.division, today))
        for event in events
    ]
    added = set(session.scalars(ADD_CAUSE, [_row(each, rules, clock) for each in causes]))
    for each in causes:
        if each.event.id not in added:
            continue
        with bound_contextvars(correlation_id=each.event.correlationid):
            for notice in _notices(each, rules, clock):
                session.add(notice)
                for channel in rules.channels_of(notice.kind):
                    _deliver(session, notice, channel, clock)


def _row(cause: Cause, rules: Rules, clock: Clock) -> dict[str, object]:
    event, parties = cause.event, cause.parties
    return {
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "occurred_at": event.time,
        "received_at": clock.now(),
        "division": parties.division,
        "person_id": parties.person_id,
        "enterprise_id": parties.enterprise_id,
        "data": {name: value.isoformat() if isinstance(value, date) else value for name, value in cause.data.items()},
        "ruleset": rules.version,
    }


def _notices(cause: Cause, rules: Rules, clock: Clock) -> Iterator[Notice]:
    event = cause.event
    facts = _facts(cause, rules, clock.today())
    for announcement in matching(event.type, cause.data):
        signed_by = rules.body_of(announcement.kind)
        for recipient_kind in announcement.recipients:
            recipient_id = cause.parties.of(recipient_kind)
            if recipient_id is None:
                continue
            text = texts.render(announcement.kind, recipient_kind, facts, signed_by)
            yield Notice(
                id=new_id(),
                cause_id=event.id,
                kind=announcement.kind,
                recipient_kind=recipient_kind,
                recipient_id=recipient_id,
                division=cause.parties.division,
                subject=text.subject,
                body=text.body,
                created_at=clock.now(),
            )


def _facts(cause: Cause, rules: Rules, today: date) -> Mapping[str, object]:
    """What a text may say: the event's fields, the names of those concerned, and what the rule set adds.

    A mapping and not a record, since each template names the fields of its own event; a name that is missing is a
    fault.
    """
    return {
        **vars(cause.names),
        **cause.data,
        "today": today,
        "document": cause.data.get("document") or rules.document,
        "basis": rules.document,
        "remedies": rules,
        "reason_text": texts.reason(getattr(cause.event.data, "reason", None)),
    }


def _deliver(session: Session, notice: Notice, channel: Channel, clock: Clock) -> None:
    delivery = Delivery(new_id(), notice, channel)
    session.add(delivery)
    match channel:
        case Channel.IN_APP:
            outbox.add(session, delivery, delivery.show(clock.now(), clock.today()), clock)
        case Channel.EMAIL:
            # The machine's clock: the programme's may be moved by months in a demo.
            delivery.next_attempt_at = datetime.now(UTC)
