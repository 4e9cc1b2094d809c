"""What is due by the events received, and what became of each delivery, looked up one by one.

What is due is computed here from the events, the table of announcements and the rule sets alone, and not from notices:
one that was never written shows as missing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Subquery,
    Text,
    Values,
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
from sqlalchemy.sql.selectable import LateralFromClause

from notifications.domain.announcements import ANNOUNCEMENTS
from notifications.domain.notice import State
from notifications.domain.recipients import RecipientKind
from notifications.queries.filters import Period, ProofFilters
from notifications.storage import cause, delivery, notice
from programme import scope
from programme.callers import Caller
from programme.tables import ruleset

SHOWN = 100  # missing deliveries that are listed one by one


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many deliveries the events received ask for, and what became of them."""

    due: int
    sent: int
    pending: int
    failed: int
    no_address: int
    missing: int  # due, and no delivery exists
    nobody_concerned: int  # not due, for the event concerns nobody of that kind


@dataclass(frozen=True, kw_only=True)
class TallyOfKind(Tally):
    """The tally of one kind of notice on one channel."""

    kind: str
    channel: str


@dataclass(frozen=True)
class Missing:
    """A delivery that is due and does not exist."""

    cause_id: str
    type: str
    kind: str
    recipient_kind: RecipientKind
    recipient_id: str
    channel: str


def announcements() -> Values:
    """The table of announcements: a row for each type of event, kind of notice and kind of recipient."""
    rows = [
        (announcement.event, announcement.kind, recipient.value, *(announcement.condition or (None, None)))
        for announcement in ANNOUNCEMENTS
        for recipient in announcement.recipients
    ]
    fields = (column("type", Text), column("kind", Text), column("recipient_kind", Text))
    condition = (column("field", Text), column("holds", Boolean))
    return values(*fields, *condition, name="announcement").data(rows)


def channels_of(announced: Values) -> LateralFromClause:
    """The channels, as `name`, by which the joined rule set has an announcement go out."""
    by_kind = ruleset.c.parameters["channels_by_kind"][announced.c.kind]
    channels = func.jsonb_array_elements_text(func.coalesce(by_kind, ruleset.c.parameters["channels"]))
    return channels.table_valued(column("name", Text)).lateral("channel")


def _due(caller: Caller, filters: ProofFilters, on: date, days: Collection[date] | None = None) -> Subquery:
    """Each delivery that the events received ask for; `recipient_id` is NULL where an event concerns nobody."""
    announced = announcements()
    recipient = case(
        (announced.c.recipient_kind == RecipientKind.PERSON, cause.c.person_id),
        (announced.c.recipient_kind == RecipientKind.ENTERPRISE, cause.c.enterprise_id),
        (announced.c.recipient_kind == RecipientKind.DIVISION, cause.c.division),
    )
    channel = channels_of(announced)
    applies = or_(
        announced.c.field.is_(None), cast(cause.c.data[announced.c.field].astext, Boolean) == announced.c.holds
    )
    conditions = [scope.within(cause.c.division, caller, on), *filters.contains(cause.c.occurred_at)]
    if filters.kind is not None:
        conditions.append(announced.c.kind == filters.kind)
    if days is not None:
        conditions.append(or_(*(and_(*Period(day, day).contains(cause.c.occurred_at)) for day in days)))
    return (
        select(
            cause.c.id.label("cause_id"),
            cause.c.type,
            announced.c.kind,
            announced.c.recipient_kind,
            recipient.label("recipient_id"),
            channel.c.name.label("channel"),
        )
        .select_from(cause)
        .join(announced, and_(announced.c.type == cause.c.type, applies))
        .join(ruleset, ruleset.c.version == cause.c.ruleset)
        .join(channel, true())
        .where(*conditions)
        .subquery("due")
    )


def _beside_deliveries(due: Subquery, one_by_one: bool) -> tuple[FromClause, FromClause]:
    """What is due beside what was delivered; and the deliveries in it."""
    same = and_(
        notice.c.cause_id == due.c.cause_id,
        notice.c.kind == due.c.kind,
        notice.c.recipient_kind == due.c.recipient_kind,
        notice.c.recipient_id == due.c.recipient_id,
    )
    if not one_by_one:
        on_channel = and_(delivery.c.notice_id == notice.c.id, delivery.c.channel == due.c.channel)
        return due.outerjoin(notice, same).outerjoin(delivery, on_channel), delivery
    # Of a period each is looked up by itself. How much is due the planner can't know, and would read all notices.
    told = select(notice.c.id).where(same).limit(1).lateral("told")
    on_channel = and_(delivery.c.notice_id == told.c.id, delivery.c.channel == due.c.channel)
    sent = select(delivery.c.id, delivery.c.state).where(on_channel).limit(1).lateral("sent")
    return due.outerjoin(told, true()).outerjoin(sent, true()), sent


def tallies(session: Session, caller: Caller, filters: ProofFilters, on: date) -> list[TallyOfKind]:
    """What became of all that is due, by kind and channel."""
    due = _due(caller, filters, on)
    joined, sent = _beside_deliveries(due, one_by_one=filters.since is not None)

    def number(name: str, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(*conditions).label(name)

    is_due = due.c.recipient_id.is_not(None)
    counts = (
        number("due", is_due),
        number("sent", sent.c.state == State.SENT),
        number("pending", sent.c.state.in_((State.PENDING, State.SENDING))),
        number("failed", sent.c.state == State.FAILED),
        number("no_address", sent.c.state == State.NO_ADDRESS),
        number("missing", _is_missing(due, sent)),
        number("nobody_concerned", ~is_due),
    )
    groups = (due.c.kind, due.c.channel)
    rows = session.execute(select(*groups, *counts).select_from(joined).group_by(*groups).order_by(*groups))
    return [TallyOfKind(**row._mapping) for row in rows]


def missing(
    session: Session, caller: Caller, filters: ProofFilters, on: date, days: Collection[date] | None
) -> list[Missing]:
    """The first SHOWN deliveries that are due and don't exist; where `days` are given, of causes of these."""
    due = _due(caller, filters, on, days)
    joined, sent = _beside_deliveries(due, one_by_one=days is not None or filters.since is not None)
    fields = (due.c.cause_id, due.c.type, due.c.kind, due.c.recipient_kind, due.c.recipient_id, due.c.channel)
    wanted = select(*fields).select_from(joined).where(_is_missing(due, sent)).order_by(due.c.cause_id).limit(SHOWN)
    return [Missing(*row) for row in session.execute(wanted)]


def _is_missing(due: Subquery, sent: FromClause) -> ColumnElement[bool]:
    return and_(due.c.recipient_id.is_not(None), sent.c.id.is_(None))
