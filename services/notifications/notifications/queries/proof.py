"""The proof that everything due was announced: what the events received ask for, beside what was delivered.

What is due is computed here from the events and the rules alone, and not from notices: one that was never written shows
as missing. Events that wait in the inbox are due as well and shown as held up; and the events kept here are counted
against the inbox's own count of what it applied.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Integer,
    Subquery,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    or_,
    select,
    true,
    values,
)
from sqlalchemy.orm import Session

from chassis.messaging import inbox_applied, inbox_parked
from notifications.domain.announcements import DIVISION, ENTERPRISE, EVENTS, PERSON, RULES
from notifications.domain.notice import FAILED, NO_ADDRESS, PENDING, SENDING, SENT
from notifications.queries.notices import between
from notifications.storage import cause, delivery, notice
from programme import scope
from programme.callers import Caller
from programme.rulesets import ruleset

SHOWN = 100  # missing deliveries that are listed one by one


def _rules() -> Any:
    rows = [
        (rule.event, rule.kind, recipient, *(rule.condition or (None, None)))
        for rule in RULES
        for recipient in rule.recipients
    ]
    fields = (column("type", Text), column("kind", Text), column("recipient_kind", Text))
    condition = (column("field", Text), column("holds", Boolean))
    return values(*fields, *condition, name="rule").data(rows)


def _due(caller: Caller, filters: dict[str, Any], on: date) -> Subquery:
    """Each delivery that the events received ask for; `recipient_id` is NULL where an event concerns nobody."""
    rule = _rules()
    recipient = case(
        (rule.c.recipient_kind == PERSON, cause.c.person_id),
        (rule.c.recipient_kind == ENTERPRISE, cause.c.enterprise_id),
        (rule.c.recipient_kind == DIVISION, cause.c.division),
    )
    by_kind = ruleset.c.parameters["channels_by_kind"][rule.c.kind]
    channels = func.jsonb_array_elements_text(func.coalesce(by_kind, ruleset.c.parameters["channels"]))
    channel = channels.table_valued(column("name", Text)).lateral("channel")
    applies = or_(rule.c.field.is_(None), cast(cause.c.data[rule.c.field].astext, Boolean) == rule.c.holds)
    conditions = [scope.within(cause.c.division, caller, on), *between(cause.c.occurred_at, filters)]
    if filters.get("kind"):
        conditions.append(rule.c.kind == filters["kind"])
    return (
        select(
            cause.c.id.label("cause_id"),
            cause.c.type,
            rule.c.kind,
            rule.c.recipient_kind,
            recipient.label("recipient_id"),
            channel.c.name.label("channel"),
        )
        .select_from(cause)
        .join(rule, and_(rule.c.type == cause.c.type, applies))
        .join(ruleset, ruleset.c.version == cause.c.ruleset)
        .join(channel, true())
        .where(*conditions)
        .subquery("due")
    )


def _beside_deliveries(due: Subquery) -> Any:
    same = and_(
        notice.c.cause_id == due.c.cause_id,
        notice.c.kind == due.c.kind,
        notice.c.recipient_kind == due.c.recipient_kind,
        notice.c.recipient_id == due.c.recipient_id,
    )
    on_channel = and_(delivery.c.notice_id == notice.c.id, delivery.c.channel == due.c.channel)
    return due.outerjoin(notice, same).outerjoin(delivery, on_channel)


def proof(session: Session, caller: Caller, filters: dict[str, Any], on: date) -> dict[str, Any]:
    """Due beside delivered, by kind and channel; what is missing; what is held up in the inbox."""
    due = _due(caller, filters, on)
    is_due = due.c.recipient_id.is_not(None)
    is_missing = and_(is_due, delivery.c.id.is_(None))

    def number(*conditions: Any) -> Any:
        return func.count().filter(*conditions)

    groups = (due.c.kind, due.c.channel)
    counts = {
        "due": number(is_due),
        "sent": number(delivery.c.state == SENT),
        "pending": number(delivery.c.state.in_((PENDING, SENDING))),
        "failed": number(delivery.c.state == FAILED),
        "no_address": number(delivery.c.state == NO_ADDRESS),
        "missing": number(is_missing),
        "nobody_concerned": number(~is_due),
    }
    labelled = [counted.label(name) for name, counted in counts.items()]
    joined = _beside_deliveries(due)
    rows = session.execute(select(*groups, *labelled).select_from(joined).group_by(*groups).order_by(*groups))
    items = [dict(row) for row in rows.mappings()]
    fields = (due.c.cause_id, due.c.type, due.c.kind, due.c.recipient_kind, due.c.recipient_id, due.c.channel)
    missing = select(*fields).select_from(joined).where(is_missing).order_by(due.c.cause_id).limit(SHOWN)
    total = {name: sum(item[name] for item in items) for name in counts}
    held_up, received = _held_up(session), _received(session)
    applied_is_kept = all(row["applied"] == row["kept"] for row in received)
    return {
        "items": items,
        "total": total,
        "missing": [dict(row) for row in session.execute(missing).mappings()],
        "held_up": held_up,
        "received": received,
        "proved": total["missing"] == 0 and not held_up and applied_is_kept,
    }


def _held_up(session: Session) -> list[dict[str, Any]]:
    """Events to be announced that wait in the inbox, for another try or for a person; of all divisions and days."""
    parked = inbox_parked.c
    waiting = (
        select(parked.type, parked.state, func.count().label("number"), func.min(parked.parked_at).label("since"))
        .where(parked.type.in_(EVENTS))
        .group_by(parked.type, parked.state)
        .order_by(parked.type, parked.state)
    )
    return [dict(row) for row in session.execute(waiting).mappings()]


def _received(session: Session) -> list[dict[str, Any]]:
    """For each type to be announced, what the inbox counted as applied and what is kept; of all divisions and days."""
    applied = (
        select(inbox_applied.c.type, func.sum(inbox_applied.c.applied).label("number"))
        .where(inbox_applied.c.type.in_(EVENTS))
        .group_by(inbox_applied.c.type)
        .subquery("applied")
    )
    kept = select(cause.c.type, func.count().label("number")).group_by(cause.c.type).subquery("kept")
    kind = func.coalesce(applied.c.type, kept.c.type)
    counted = (
        select(
            kind.label("type"),
            cast(func.coalesce(applied.c.number, 0), Integer).label("applied"),
            func.coalesce(kept.c.number, 0).label("kept"),
        )
        .select_from(applied.outerjoin(kept, kept.c.type == applied.c.type, full=True))
        .order_by(kind)
    )
    return [dict(row) for row in session.execute(counted).mappings()]
