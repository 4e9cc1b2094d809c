"""The proof that everything due was announced: what the events received ask for, beside what was delivered.

Both are read from counts that the database keeps of causes and of deliveries, each for itself; `each` looks every one
up instead (`due`). Where the two differ, what is missing is looked for on the days on which they do. Events that wait
in the inbox are due as well and shown as held up; and the causes kept here are compared with the inbox's own count of
what it applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import BigInteger, ColumnElement, Subquery, Text, and_, case, cast, func, or_, select, true
from sqlalchemy.orm import Session

from chassis.clock import SHANGHAI
from chassis.due import due as planned
from chassis.messaging import inbox_applied, inbox_parked
from notifications.domain.notice import State
from notifications.domain.recipients import Audience
from notifications.handlers.followed import RECORDS
from notifications.handlers.planning import DUE, ESCALATED
from notifications.queries import counts, due
from notifications.queries.due import Missing, Tally, TallyOfKind
from notifications.queries.filters import ProofFilters
from notifications.storage import cause, cause_passed
from programme.callers import Caller

PASSED = cause_passed.c.type.in_(RECORDS)
DAYS_SEARCHED = 10  # of those on which something is missing
APPLIED = (
    select(inbox_applied.c.type, cast(func.sum(inbox_applied.c.applied), BigInteger))
    .where(inbox_applied.c.type.in_(RECORDS))
    .group_by(inbox_applied.c.type)
)


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
    missing: list[Missing]  # the first of them
    held_up: list[HeldUp]
    received: list[Received]

    @property
    def proved(self) -> bool:
        """Nothing is missing, held up, or lost between the inbox and the causes."""
        is_kept = all(each.applied == each.kept for each in self.received)
        is_there = all(each.missing == 0 for each in self.items)
        return is_there and not self.held_up and is_kept


def proof(session: Session, caller: Caller, filters: ProofFilters, on: date) -> Proof:
    """Due beside delivered, by kind and channel; what is missing; what is held up in the inbox."""
    read = due.tallies if filters.each else _tallies
    items = read(session, caller, filters, on)
    total = Tally(**{name: sum(getattr(each, name) for each in items) for name in Tally.__dataclass_fields__})
    missing: list[Missing] = []
    if any(each.missing for each in items):
        days = None if filters.each else _days_that_differ(session, caller, filters, on)
        missing = due.missing(session, caller, filters, on, days)
    return Proof(items, total, missing, _held_up(session, on), _received(session, filters.each))


def _tallies(session: Session, caller: Caller, filters: ProofFilters, on: date) -> list[TallyOfKind]:
    """The same as `due.tallies`, from the counts."""
    sent = counts.deliveries(caller, filters, on, "occurred")
    states = sent.c.kind, sent.c.channel, sent.c.state
    numbers = session.execute(select(*states, cast(func.sum(sent.c.number), BigInteger)).group_by(*states))
    found = {(kind, channel, State(state)): number for kind, channel, state, number in numbers}
    asked_for = _due(session, counts.causes(caller, filters, on), filters)
    groups = asked_for.c.kind, asked_for.c.channel
    wanted = select(*groups, *_sums(asked_for)).group_by(*groups).order_by(*groups)
    return [
        _tally(kind, channel, number, nobody, {state: found.get((kind, channel, state), 0) for state in State})
        for kind, channel, number, nobody in session.execute(wanted)
        if number or nobody
    ]


def _tally(kind: str, channel: str, number: int, nobody: int, states: Mapping[State, int]) -> TallyOfKind:
    return TallyOfKind(
        kind=kind,
        channel=channel,
        due=number,
        sent=states[State.SENT],
        pending=states[State.PENDING] + states[State.SENDING],
        failed=states[State.FAILED],
        no_address=states[State.NO_ADDRESS],
        declined=states[State.DECLINED],
        unknown=states[State.UNKNOWN],
        bounced=states[State.BOUNCED],
        withdrawn=states[State.WITHDRAWN],
        missing=number - sum(states.values()),
        nobody_concerned=nobody,
    )


def _days_that_differ(session: Session, caller: Caller, filters: ProofFilters, on: date) -> list[date]:
    """The first days whose causes ask for other numbers than were delivered because of them."""
    asked_for = _due(session, counts.causes(caller, filters, on, by_day=True), filters)
    groups = asked_for.c.day, asked_for.c.kind, asked_for.c.channel
    number, _ = _sums(asked_for)
    differences: Counter[tuple[date, str, str]] = Counter()
    for *place, found in session.execute(select(*groups, number).group_by(*groups)):
        differences[tuple(place)] += found
    sent = counts.deliveries(caller, filters, on, "occurred", by_day=True)
    groups = sent.c.day, sent.c.kind, sent.c.channel
    for *place, found in session.execute(select(*groups, cast(func.sum(sent.c.number), BigInteger)).group_by(*groups)):
        if tuple(place) in differences:
            differences[tuple(place)] -= found
    return sorted({day for (day, _, _), number in differences.items() if number})[:DAYS_SEARCHED]


def _due(session: Session, causes: Subquery, filters: ProofFilters) -> Subquery:
    """How many deliveries causes ask for, by kind and channel; `known` is False where they concern nobody."""
    announced = due.announcements(session)
    offices = [func.substr(causes.c.offices, place, 1) for place in (1, 2, 3)]
    audience = announced.c.audience
    office = case(*((audience == name, offices[int(place) - 1]) for name, place in due.PLACES.items()))
    known = case(
        (audience == Audience.PERSON, causes.c.person),
        (audience == Audience.ENTERPRISE, causes.c.enterprise),
        (audience == Audience.CENTRE, true()),
        else_=office != "0",
    )
    # An office that is several of the audiences is told once.
    is_told_already = or_(
        *(
            and_(announced.c.before.contains(place), offices[int(place) - 1] == office, office != "0")
            for place in due.PLACES.values()
        )
    )
    applies = or_(announced.c.field.is_(None), causes.c.late == cast(announced.c.holds, Text))
    wanted = (
        select(announced.c.kind, announced.c.channel, known.label("known"), causes.c.number, causes.c.day)
        .select_from(causes)
        .join(announced, and_(announced.c.ruleset == causes.c.ruleset, announced.c.type == causes.c.type, applies))
        .where(func.coalesce(~is_told_already, true()))
    )
    if filters.kind is not None:
        wanted = wanted.where(announced.c.kind == filters.kind)
    return wanted.subquery("due")


def _sums(asked_for: Subquery) -> tuple[ColumnElement[int], ColumnElement[int]]:
    number = func.coalesce(func.sum(asked_for.c.number).filter(asked_for.c.known), 0)
    nobody = func.coalesce(func.sum(asked_for.c.number).filter(~asked_for.c.known), 0)
    return cast(number, BigInteger), cast(nobody, BigInteger)


def _held_up(session: Session, on: date) -> list[HeldUp]:
    """Events to be announced that wait in the inbox, for another try or for a person; of all divisions and days.

    And what was planned for a day that has come, and is not swept yet.
    """
    parked = inbox_parked.c
    waiting = (
        select(parked.type, parked.state, func.count().label("number"), func.min(parked.parked_at).label("since"))
        .where(parked.type.in_(RECORDS))
        .group_by(parked.type, parked.state)
        .order_by(parked.type, parked.state)
    )
    late = (
        select(planned.c.kind, planned.c.state, func.count(), func.min(planned.c.due_on))
        .where(planned.c.kind.in_((DUE, ESCALATED)), planned.c.state == "planned", planned.c.due_on <= on)
        .group_by(planned.c.kind, planned.c.state)
    )
    swept = [
        HeldUp(kind, state, number, datetime.combine(day, time(), SHANGHAI))
        for kind, state, number, day in session.execute(late)
    ]
    return [*(HeldUp(*row) for row in session.execute(waiting)), *swept]


def _received(session: Session, each: bool) -> list[Received]:
    """For each type to be announced, what the inbox counted as applied and what is kept; of all divisions and days."""
    causes = _causes(session) if each else counts.causes_kept(session)
    kept = Counter({kind: number for kind, number in causes.items() if kind in RECORDS})
    for kind, number in session.execute(select(cause_passed.c.type, cause_passed.c.number).where(PASSED)):
        kept[kind] += number
    applied: dict[str, int] = {kind: number for kind, number in session.execute(APPLIED)}
    return [Received(kind, applied.get(kind, 0), kept[kind]) for kind in sorted({*applied, *kept})]


def _causes(session: Session) -> dict[str, int]:
    """By type, counted one by one."""
    counted = select(cause.c.type, func.count()).group_by(cause.c.type)
    return {kind: number for kind, number in session.execute(counted)}
