"""An event that somebody must know of becomes a notice for each who must, and a delivery for each channel.

All of it happens in the transaction that moves the event's cursor, so an event is announced once, whatever crashes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from chassis.clock import Clock, day_of
from chassis.ids import new_id
from chassis.messaging import Envelope, outbox
from notifications.adapters import texts
from notifications.domain import announcements
from notifications.domain.notice import INBOX, Delivery, Notice
from notifications.domain.recipients import Parties
from notifications.storage import cause
from notifications.usecases.parties import Directory
from programme import rulesets
from programme.rulesets import RuleSet


def announce(session: Session, events: Sequence[Envelope], clock: Clock) -> list[Notice]:
    """Records `events` as causes, and writes the notices that their rules ask for."""
    today = clock.today()
    directory = Directory.read(session, events)
    ruleset = rulesets.in_force(session, today)
    resolved = [(event, *directory.resolve(event, today)) for event in events]
    session.execute(insert(cause), [_cause(event, parties, ruleset.version, clock) for event, parties, _ in resolved])
    written = []
    for event, parties, names in resolved:
        facts = _facts(event, names, ruleset, today)
        with bound_contextvars(correlation_id=event.correlationid):
            for notice in _notices(event, parties, facts, clock):
                session.add(notice)
                _deliver(session, notice, channels_of(ruleset.parameters, notice.kind), clock)
                written.append(notice)
    return written


def channels_of(parameters: dict[str, Any], kind: str) -> list[str]:
    """The channels by which a kind of notice goes out."""
    return list(parameters["channels_by_kind"].get(kind, parameters["channels"]))


def _cause(event: Envelope, parties: Parties, ruleset: int, clock: Clock) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "occurred_at": event.time,
        "received_at": clock.now(),
        "division": parties.division,
        "person_id": parties.person_id,
        "enterprise_id": parties.enterprise_id,
        "data": json.loads(json.dumps(event.data, default=date.isoformat)),
        "ruleset": ruleset,
    }


def _facts(event: Envelope, names: dict[str, Any], ruleset: RuleSet, today: date) -> dict[str, Any]:
    """What a notice's text may say."""
    return {
        **event.data,
        **names,
        "today": today,
        "happened_on": event.data.get("on") or day_of(event.time),
        "document": event.data.get("document") or ruleset.document,
        "basis": ruleset.document,
        "signature": ruleset.parameters["signature"],
        "reason_text": texts.reason(event.data.get("reason")),
    }


def _notices(event: Envelope, parties: Parties, facts: dict[str, Any], clock: Clock) -> Iterator[Notice]:
    for rule in announcements.matching(event.type, event.data):
        for recipient_kind in rule.recipients:
            recipient_id = parties.of(recipient_kind)
            if recipient_id is not None:
                yield _write(event, rule.kind, recipient_kind, recipient_id, parties, facts, clock)


def _write(
    event: Envelope,
    kind: str,
    recipient_kind: str,
    recipient_id: str,
    parties: Parties,
    facts: dict[str, Any],
    clock: Clock,
) -> Notice:
    text = texts.render(kind, recipient_kind, facts)
    return Notice(
        id=new_id(),
        cause_id=event.id,
        kind=kind,
        recipient_kind=recipient_kind,
        recipient_id=recipient_id,
        division=parties.division,
        subject=text.subject,
        body=text.body,
        created_at=clock.now(),
    )


def _deliver(session: Session, notice: Notice, channels: list[str], clock: Clock) -> None:
    for channel in channels:
        delivery = Delivery(new_id(), notice, channel)
        session.add(delivery)
        if channel == INBOX:
            outbox.add(session, delivery, delivery.show(clock.now(), clock.today()), clock)
        else:
            # The machine's clock: the programme's may be moved by months in a demo.
            delivery.next_attempt_at = datetime.now(UTC)
