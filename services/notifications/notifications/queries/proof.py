"""The proof that everything due was announced: what the events received ask for, beside what was delivered.

What is due is computed here from the events, the table of announcements and the rule sets alone, and not from notices:
one that was never written shows as missing. Events that wait in the inbox are due as well and shown as held up; and the
events kept here are counted against the inbox's own count of what it applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
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
    union_all,
    values,
)
from sqlalchemy.orm import Session

from chassis.messaging import inbox_applied, inbox_parked
from notifications.domain.announcements import ANNOUNCEMENTS, EVENTS
from notifications.domain.notice import State
from notifications.domain.recipients import RecipientKind
from notifications.queries.filters import ProofFilters
from notifications.storage import cause, cause_passed, delivery, notice
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


@dataclass(frozen=True)
class HeldUp:
    """Events of a type that wait in the inbox, since `since`."""

    type: str
    state: str
    number: int
    since: datetime


@dataclass(frozen=True)
class Received:
    """Events of a type: `applied` by the inbox's count, and `kept` as causes of notices, those included that passed."""

    type: str
    applied: int
    kept: int


@dataclass(frozen=True)
class Proof:
    items: list[TallyOfKind]
    total: Tally
    missing: list[Missing]  # the first SHOWN
    held_up: list[HeldUp]
    received: list[Received]

    @property
    def proved(self) -> bool:
        """Nothing is missing, held up, or lost between the inbox and the causes."""
        is_kept = all(each.applied == each.kept for each in self.received)
        return self.total.missing == 0 and not self.held_up and is_kept


def _announcements() -> Values:
    rows = [
        (announcement.event, announcement.kind, recipient.value, *(announcement.condition or (None, None)))
        for announcement in ANNOUNCEMENTS
        for recipient in announcement.recipients
    ]
    fields = (column("type", Text), column("kind", Text), column("recipient_kind", Text))
    condition = (column("field", Text), column("holds", Boolean))
    return values(*fields, *condition, name="announcement").data(rows)


def _due(caller: Caller, filters: ProofFilters, on: date) -> Subquery:
    """Each delivery that the events received ask for; `recipient_id` is NULL where an event concerns nobody."""
    announced = _announcements()
    recipient = case(
        (announced.c.recipient_kind == RecipientKind.PERSON, cause.c.person_id),
        (announced.c.recipient_kind == RecipientKind.ENTERPRISE, cause.c.enterprise_id),
        (announced.c.recipient_kind == RecipientKind.DIVISION, cause.c.division),
    )
    by_kind = ruleset.c.parameters["channels_by_kind"][announced.c.kind]
    channels = func.jsonb_array_elements_text(func.coalesce(by_kind, ruleset.c.parameters["channels"]))
    channel = channels.table_valued(column("name", Text)).lateral("channel")
    applies = or_(
        announced.c.field.is_(None), cast(cause.c.data[announced.c.field].astext, Boolean) == announced.c.holds
    )
    conditions = [scope.within(cause.c.division, caller, on), *filters.contains(cause.c.occurred_at)]
    if filters.kind is not None:
        conditions.append(announced.c.kind == filters.kind)
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


def _beside_deliveries(due: Subquery, filters: ProofFilters) -> tuple[FromClause, FromClause]:
    """What is due beside what was delivered; and the deliveries in it."""
    same = and_(
        notice.c.cause_id == due.c.cause_id,
        notice.c.kind == due.c.kind,
        notice.c.recipient_kind == due.c.recipient_kind,
        notice.c.recipient_id == due.c.recipient_id,
    )
    if filters.since is None:
        on_channel = and_(delivery.c.notice_id == notice.c.id, delivery.c.channel == due.c.channel)
        return due.outerjoin(notice, same).outerjoin(delivery, on_channel), delivery
    # Of a period each is looked up by itself. How much is due the planner can't know, and would read all notices.
    told = select(notice.c.id).where(same).limit(1).lateral("told")
    on_channel = and_(delivery.c.notice_id == told.c.id, delivery.c.channel == due.c.channel)
    sent = select(delivery.c.id, delivery.c.state).where(on_channel).limit(1).lateral("sent")
    return due.outerjoin(told, true()).outerjoin(sent, true()), sent


def proof(session: Session, caller: Caller, filters: ProofFilters, on: date) -> Proof:
    """Due beside delivered, by kind and channel; what is missing; what is held up in the inbox."""
    due = _due(caller, filters, on)
    joined, sent = _beside_deliveries(due, filters)
    items = _tallies(session, due, joined, sent)
    total = Tally(**{name: sum(getattr(each, name) for each in items) for name in Tally.__dataclass_fields__})
    return Proof(items, total, _missing(session, due, joined, sent), _held_up(session), _received(session))


def _tallies(session: Session, due: Subquery, joined: FromClause, sent: FromClause) -> list[TallyOfKind]:
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


def _is_missing(due: Subquery, sent: FromClause) -> ColumnElement[bool]:
    return and_(due.c.recipient_id.is_not(None), sent.c.id.is_(None))


def _missing(session: Session, due: Subquery, joined: FromClause, sent: FromClause) -> list[Missing]:
    fields = (due.c.cause_id, due.c.type, due.c.kind, due.c.recipient_kind, due.c.recipient_id, due.c.channel)
    wanted = select(*fields).select_from(joined).where(_is_missing(due, sent)).order_by(due.c.cause_id).limit(SHOWN)
    return [Missing(*row) for row in session.execute(wanted)]


def _held_up(session: Session) -> list[HeldUp]:
    """Events to be announced that wait in the inbox, for another try or for a person; of all divisions and days."""
    parked = inbox_parked.c
    waiting = (
        select(parked.type, parked.state, func.count().label("number"), func.min(parked.parked_at).label("since"))
        .where(parked.type.in_(EVENTS))
        .group_by(parked.type, parked.state)
        .order_by(parked.type, parked.state)
    )
    return [HeldUp(*row) for row in session.execute(waiting)]


def _received(session: Session) -> list[Received]:
    """For each type to be announced, what the inbox counted as applied and what is kept; of all divisions and days."""
    applied = (
        select(inbox_applied.c.type, func.sum(inbox_applied.c.applied).label("number"))
        .where(inbox_applied.c.type.in_(EVENTS))
        .group_by(inbox_applied.c.type)
        .subquery("applied")
    )
    present = select(cause.c.type, func.count().label("number")).group_by(cause.c.type)
    each = union_all(present, select(cause_passed.c.type, cause_passed.c.number)).subquery("each").c
    kept = select(each.type, cast(func.sum(each.number), Integer).label("number")).group_by(each.type).subquery("kept")
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
    return [Received(*row) for row in session.execute(counted)]
