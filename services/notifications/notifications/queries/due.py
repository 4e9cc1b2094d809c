"""What is due by the events received and the days that have come, and what became of each delivery, one by one.

What is due is computed here from the causes and the rule sets alone, and not from notices: one that was never written
shows as missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Subquery,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from notifications.domain.notice import State
from notifications.domain.recipients import CENTRE_ID, Audience, RecipientKind
from notifications.domain.rules import NoticeRule, Rules, escalated_type, planned_type
from notifications.queries.filters import Period, ProofFilters
from notifications.storage import cause, delivery, notice
from programme import rulesets, scope
from programme.callers import Caller
from programme.rulesets import RuleSet

SHOWN = 100  # missing deliveries that are listed one by one
OFFICE = literal(RecipientKind.DIVISION.value)
PLACES = {Audience.DIVISION: "1", Audience.PREFECTURE: "2", Audience.PROVINCE: "3"}  # in `offices` of the counts


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many deliveries the events received ask for, and what became of them."""

    due: int
    sent: int
    pending: int
    failed: int
    no_address: int
    declined: int  # by the recipient's own choice
    unknown: int
    bounced: int
    withdrawn: int  # what they would have told held no longer
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


def announcements(session: Session) -> FromClause:
    """What the rule sets ask for: a row for each of them, type of cause, kind of notice, audience and channel.

    `before` are the offices that the same rule names earlier, as places in `offices` of the counts.
    """
    rows = [row for found in rulesets.all_versions(session) for row in _asked_for_by(as_rules(found))]
    columns = {
        "ruleset": Integer,
        "type": Text,
        "kind": Text,
        "audience": Text,
        "before": Text,
        "channel": Text,
        "field": Text,
        "holds": Boolean,
    }
    records = func.jsonb_to_recordset(literal(rows, JSONB))
    return records.table_valued(*(column(name, kind) for name, kind in columns.items())).render_derived(
        "announcement", with_types=True
    )


def as_rules(found: RuleSet) -> Rules:
    """A rule set as it is stored, as the record by which it is read."""
    known = {name: value for name, value in found.parameters.items() if name in Rules.__dataclass_fields__}
    return Rules(version=found.version, effective_from=found.effective_from, document=found.document, **known)


def _asked_for_by(rules: Rules) -> Iterator[dict[str, object]]:
    for given in rules.notices:
        rule = NoticeRule.of(given)
        channels = rules.channels_of(rule.key)
        for cause_type in _causes_of(rule):
            before = ""
            for audience in rule.audience_of(cause_type):
                asked = {"ruleset": rules.version, "type": cause_type, "kind": rule.key, "audience": audience}
                if rule.when is not None and cause_type in rule.events:
                    asked |= {"field": rule.when.field, "holds": rule.when.value}
                reach = [channel for channel in channels if channel.reaches(audience.recipient_kind)]
                yield from ({**asked, "before": before, "channel": channel} for channel in reach)
                before += PLACES.get(audience, "")


def _causes_of(rule: NoticeRule) -> list[str]:
    """The types of cause because of which the rule has something written: at once, on its days, or by its stages."""
    first = rule.events if rule.due is None else [planned_type(rule.key)]
    return [*first, *(escalated_type(rule.key, stage.number) for stage in rule.escalations)]


def _due(session: Session, caller: Caller, filters: ProofFilters, on: date, days: Collection[date] | None) -> Subquery:
    """Each delivery that the causes ask for; `recipient_id` is NULL where a cause concerns nobody of an audience."""
    announced = announcements(session)
    recipient = case(
        (announced.c.audience == Audience.PERSON, cause.c.person_id),
        (announced.c.audience == Audience.ENTERPRISE, cause.c.enterprise_id),
        (announced.c.audience == Audience.DIVISION, cause.c.division),
        (announced.c.audience == Audience.PREFECTURE, cause.c.prefecture),
        (announced.c.audience == Audience.PROVINCE, cause.c.province),
        else_=CENTRE_ID,
    )
    kind = case((announced.c.audience.in_((Audience.PERSON, Audience.ENTERPRISE)), announced.c.audience), else_=OFFICE)
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
            kind.label("recipient_kind"),
            recipient.label("recipient_id"),
            announced.c.channel,
            # An office that is several of the audiences is told once; of those that are nobody each counts.
            case((recipient.is_(None), announced.c.audience)).label("nobody"),
        )
        .distinct()
        .select_from(cause)
        .join(announced, and_(announced.c.ruleset == cause.c.ruleset, announced.c.type == cause.c.type, applies))
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
    due = _due(session, caller, filters, on, None)
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
        number("declined", sent.c.state == State.DECLINED),
        number("unknown", sent.c.state == State.UNKNOWN),
        number("bounced", sent.c.state == State.BOUNCED),
        number("withdrawn", sent.c.state == State.WITHDRAWN),
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
    due = _due(session, caller, filters, on, days)
    joined, sent = _beside_deliveries(due, one_by_one=days is not None or filters.since is not None)
    fields = (due.c.cause_id, due.c.type, due.c.kind, due.c.recipient_kind, due.c.recipient_id, due.c.channel)
    wanted = select(*fields).select_from(joined).where(_is_missing(due, sent)).order_by(due.c.cause_id).limit(SHOWN)
    return [Missing(*row) for row in session.execute(wanted)]


def _is_missing(due: Subquery, sent: FromClause) -> ColumnElement[bool]:
    return and_(due.c.recipient_id.is_not(None), sent.c.id.is_(None))
