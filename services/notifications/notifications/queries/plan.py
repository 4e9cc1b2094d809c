"""The dry run: who would get what on a day, past or coming, by the rules in force or by a draft.

Of a coming day it has what is due by dates and stages; of a day gone by also the events that came. What is known is
what is known now: certificates have the term that they have now. Who is told, whether it holds and when it may go is
found by the same code as in the sending.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    ColumnClause,
    Date,
    FromClause,
    Select,
    Text,
    and_,
    column,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis.clock import SHANGHAI
from chassis.http import Page, PageArguments, paginate
from notifications.adapters.working_days import WorkingDays
from notifications.domain.conditions import OPENED_BY
from notifications.domain.notice import Channel
from notifications.domain.recipients import CENTRE_ID, Audience, Mentions, Parties, Recipient, RecipientKind
from notifications.domain.rules import NoticeRule, Rules, escalated_type, planned_type
from notifications.domain.timing import opening_days_of
from notifications.handlers.directory import Directory
from notifications.handlers.followed import typed
from notifications.handlers.standing import Claim, reasons_against
from notifications.queries.filters import Period
from notifications.storage import appointment, cause, certificate, contact, enterprise, matter, person
from programme import scope
from programme.callers import Caller


@dataclass(frozen=True)
class OnChannel:
    """Whether it goes by a channel: `goes`, from `at` on; `no_address`; or `withdrawn`, with the reason."""

    channel: Channel
    outcome: str
    reason: str | None
    at: datetime | None


@dataclass(frozen=True)
class ToRecipient:
    """`name` is None where the caller may not know it."""

    audience: Audience
    recipient_kind: RecipientKind
    recipient_id: str
    name: str | None
    channels: list[OnChannel]


@dataclass(frozen=True)
class PlanItem:
    """One thing that a rule would have told on the day; `unknown_years`: whose holidays were not known."""

    cause: str  # the event's type, `planned:<rule>`, or `escalated:<rule>:<stage>`
    kind: str
    about: str
    due_on: date
    recipients: list[ToRecipient]
    unknown_years: list[int]


Source: TypeAlias = Select[*tuple[Any, ...]]  # Any: its columns, each of its own type

# What the rules ask for on the day, as rows: what kind of source it is, and by what it is found there.
ASKED = {"cause": Text, "kind": Text, "event": Text, "field": Text, "holds": Text, "day": Date}
EMPLOYER = (
    select(appointment.c.enterprise_id)
    .where(appointment.c.person_id == person.c.id, appointment.c.ended_on.is_(None))
    .order_by(appointment.c.made_on.desc(), appointment.c.id.desc())
    .limit(1)
    .lateral("employer")
)


def plan(session: Session, caller: Caller, rules: Rules, on: date, today: date, page: PageArguments) -> Page:
    """What the rules would have told on the day `on`; the page's items are PlanItems."""
    calendar = WorkingDays(session)
    asked = _asked_for(rules, on, calendar)
    found = union_all(*_sources(rules, asked, on)).subquery("found")
    place = scope.within(found.c.division, caller, today)
    wanted = select(*found.c).where(place)
    shown = paginate(session, wanted, [found.c.cause, found.c.id], page)
    rows = cast("Sequence[Mapping[str, Any]]", shown.items)  # Any: the columns, each of its own type
    return Page(list(_items(session, caller, rules, calendar, rows, on, today)), shown.next_cursor)


def _asked_for(rules: Rules, on: date, calendar: WorkingDays) -> FromClause:
    """Which causes of the day, dates and openings of matters the rules look for."""
    rows: list[dict[str, object]] = []
    for rule in map(NoticeRule.of, rules.notices):
        for event in rule.events:
            if rule.due is None:
                when = {"field": rule.when.field, "holds": str(rule.when.value).lower()} if rule.when else {}
                rows.append({"cause": event, "kind": rule.key, "event": event, **when})
                rows += _openings(rule, event, on, calendar)
            else:
                days = [{"field": rule.due.field, "day": str(on - timedelta(days=each))} for each in rule.due.days]
                rows += [{"cause": planned_type(rule.key), "kind": rule.key, "event": event, **each} for each in days]
    records = func.jsonb_to_recordset(literal(rows, JSONB))
    named: list[ColumnClause[Any]] = [column(name, kind) for name, kind in ASKED.items()]  # Any: each its own type
    return records.table_valued(*named).render_derived("asked", with_types=True)


def _openings(rule: NoticeRule, event: str, on: date, calendar: WorkingDays) -> Iterator[dict[str, object]]:
    for stage in rule.escalations:
        for day in opening_days_of(on, stage.working_days, calendar.is_working):
            yield {
                "cause": escalated_type(rule.key, stage.number),
                "kind": rule.key,
                "event": event,
                "day": day.isoformat(),
            }


def _sources(rules: Rules, asked: FromClause, on: date) -> Iterator[Source]:
    """Events of the day; dates in events; ends of certificates; matters that are open, or were closed since."""
    of = cause.c
    says = or_(asked.c.field.is_(None), of.data[asked.c.field].astext == asked.c.holds)
    own = (of.subject, of.data, of.person_id, of.enterprise_id, of.division, of.prefecture, of.province)
    event = select(asked.c.cause, asked.c.kind, (asked.c.kind + ":" + of.id).label("id"), *own, of.occurred_at)
    is_planned = asked.c.cause.startswith("planned:")
    yield event.join_from(cause, asked, and_(asked.c.cause == of.type, says)).where(
        *Period(on, on).contains(of.occurred_at)
    )
    is_of_certificates = asked.c.event.startswith("certificate.")
    dated = of.data[asked.c.field].astext == func.to_char(asked.c.day, "YYYY-MM-DD")
    # These go through all events that are kept; the rules that there are ask for none.
    dates = [each for rule in rules.planning if rule.due for each in rule.events]
    if not all(each.startswith("certificate.") for each in dates):
        found = event.join_from(cause, asked, and_(asked.c.event == of.type, dated))
        yield found.where(is_planned, ~is_of_certificates)
    yield _certificates(asked)
    stages = [each for rule in rules.planning if rule.escalations for each in rule.events]
    kinds = sorted({str(OPENED_BY[each]) for each in stages if each in OPENED_BY})
    opened = and_(
        asked.c.event == of.type,
        asked.c.day == matter.c.opened_on,
        asked.c.cause.startswith("escalated:"),
        matter.c.kind.in_(kinds),
    )
    yield event.select_from(matter).join(cause, of.id == matter.c.opened_by).join(asked, opened)


def _certificates(asked: FromClause) -> Source:
    """Each certificate whose term ends on a day that is asked for, with the division in which its holder works."""
    of = certificate.c
    firm = func.coalesce(EMPLOYER.c.enterprise_id, person.c.enterprise_id, of.enterprise_id)
    data = func.jsonb_build_object(
        *("certificate_id", of.id, "number", of.number, "valid_until", func.to_char(of.valid_until, "YYYY-MM-DD"))
    )
    nothing = literal(None, Text)
    once = select(asked.c.cause, asked.c.kind, asked.c.day).where(
        asked.c.event.startswith("certificate."), asked.c.cause.startswith("planned:"), asked.c.field == "valid_until"
    )
    each = once.distinct().subquery("ends")
    return (
        select(
            each.c.cause,
            each.c.kind,
            (each.c.kind + ":" + of.id).label("id"),
            of.id.label("subject"),
            data.label("data"),
            of.person_id,
            of.enterprise_id,
            func.coalesce(enterprise.c.division, person.c.division).label("division"),
            nothing.label("prefecture"),
            nothing.label("province"),
            null().label("occurred_at"),
        )
        .select_from(each)
        .join(certificate, of.valid_until == each.c.day)
        .join(person, person.c.id == of.person_id)
        .outerjoin(EMPLOYER, true())
        .outerjoin(enterprise, enterprise.c.id == firm)
    )


def _items(
    session: Session,
    caller: Caller,
    rules: Rules,
    calendar: WorkingDays,
    rows: Sequence[Mapping[str, Any]],  # Any: the columns of a source
    on: date,
    today: date,
) -> Iterator[PlanItem]:
    directory = Directory.read(session, [_mentions(row) for row in rows], today)
    parties = [_parties(row, directory, today) for row in rows]
    named = {each["key"]: NoticeRule.of(each) for each in rules.notices}
    of = [named[row["kind"]] for row in rows]
    claims = [Claim(rule.stands_while, row["subject"], typed(row["data"])) for rule, row in zip(of, rows, strict=True)]
    recipients = [
        who.recipients(rule.audience_of(row["cause"])) for who, rule, row in zip(parties, of, rows, strict=True)
    ]
    reached = _reached(session, [each for some in recipients for each in some])
    seen = _sees(session, caller, today)
    facts = zip(rows, of, recipients, reasons_against(session, claims, today), strict=True)
    for row, rule, some, reason in facts:
        at = row["occurred_at"] or datetime.combine(on, time.min, SHANGHAI)
        yield PlanItem(
            row["cause"],
            rule.key,
            f"{rule.events[0].partition('.')[0]}:{row['subject']}",
            on,
            [
                ToRecipient(
                    each.audience,
                    each.kind,
                    each.id,
                    _name(each, directory, seen),
                    [
                        _on_channel(rules, calendar, channel, at, reason, (each.kind, each.id) in reached)
                        for channel in rules.channels_of(rule.key)
                        if channel.reaches(each.kind)
                    ],
                )
                for each in some
            ],
            sorted(calendar.unknown_years),
        )


def _on_channel(
    rules: Rules, calendar: WorkingDays, channel: Channel, at: datetime, reason: str | None, has_address: bool
) -> OnChannel:
    if reason is not None:
        return OnChannel(channel, "withdrawn", reason, None)
    if channel == Channel.EMAIL and not has_address:
        return OnChannel(channel, "no_address", None, None)
    return OnChannel(channel, "goes", None, rules.schedule.next_allowed(channel, at, calendar.is_working))


def _mentions(row: Mapping[str, Any]) -> Mentions:  # Any: the columns of a source
    is_present = row["cause"].startswith("planned:") and "certificate_id" in row["data"]
    of = row["person_id"], row["enterprise_id"], None if is_present else row["division"]
    return Mentions(*of, concerns_present_employer=is_present)


def _parties(row: Mapping[str, Any], directory: Directory, today: date) -> Parties:  # Any: the columns of a source
    """Those of an event that came are kept with it; of what is to come they are looked up."""
    if row["occurred_at"] is not None and not row["cause"].startswith("escalated:"):
        names = ("person_id", "enterprise_id", "division", "prefecture", "province")
        return Parties(*(row[name] for name in names))
    return directory.resolve(_mentions(row), row["division"], today)[0]


def _reached(session: Session, recipients: Sequence[Recipient]) -> set[tuple[str, str]]:
    """Those of the recipients who have an e-mail address."""
    ids = sorted({each.id for each in recipients})
    # The key begins with the kind: by ids alone all of the index would be read.
    kinds = sorted({each.kind.value for each in recipients})
    owners = select(contact.c.owner_kind, contact.c.owner_id).where(
        contact.c.owner_kind.in_(kinds), contact.c.owner_id.in_(ids), contact.c.email.is_not(None)
    )
    return {(kind, owner) for kind, owner in session.execute(owners)} if ids else set()


def _sees(session: Session, caller: Caller, today: date) -> frozenset[str] | None:
    """The divisions that the caller looks after; None for all."""
    if scope.sees_whole_province(caller):
        return None
    assert caller.division is not None
    return frozenset(session.scalars(scope.subtree(caller.division, today)))


def _name(recipient: Recipient, directory: Directory, seen: frozenset[str] | None) -> str | None:
    """The recipient's name, where the caller looks after the division in which it is."""
    if recipient.kind == RecipientKind.DIVISION:
        return None if recipient.id == CENTRE_ID else directory.office_name(recipient.id)
    known = directory.people if recipient.kind == RecipientKind.PERSON else directory.enterprises
    found = known.get(recipient.id)
    return found.name if found is not None and (seen is None or found.division in seen) else None
