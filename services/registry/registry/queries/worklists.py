"""Worklists: what somebody has to act on, the oldest day first, limited to what the caller may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Date, Integer, Select, Table, and_, exists, func, literal, null, or_, select, true
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from programme import rulesets, tables
from programme.callers import Caller, Role
from registry.domain.appointment import AppointmentStatus
from registry.domain.rules import Rules
from registry.queries.quality_post import uncertified
from registry.storage import appointment, duty_report, enterprise, exclusion, hazard, person, post, talent
from registry.usecases.access import in_office, visible

COUNTED_TO = 1000  # entries: beyond that a list is long, and how long is of no use
Found: TypeAlias = Select[*tuple[Any, ...]]  # Any: the columns of a WorkItem


class Worklist(StrEnum):
    """What the lists are called."""

    TO_BE_FILED = "to_be_filed"  # by the enterprise, until `day`
    TO_BE_DECIDED = "to_be_decided"  # by the bureau: submitted on `day`
    OVERDUE = "overdue"  # not submitted, though `day` was the last
    VACANT = "vacant"  # past the grace, which ended before `day`
    EXPIRING = "expiring"  # the certificate of somebody in office ends with `day`
    EXCLUDED = "excluded"  # in office, though on the exclusion list since `day`
    SEVERAL_FIRMS = "several_firms"  # in office here since `day`, and elsewhere too
    DUTY_OVERDUE = "duty_overdue"  # a plan or report that was owed by `day` and has not come
    HAZARDS_OPEN = "hazards_open"  # a problem or hazard that should have been dealt with by `day`
    UNCERTIFIED = "uncertified"  # in a key quality post without a valid certificate since `day`


# Whoever is not told of exclusions (ADR 0022), nor of other firms' people.
NOT_FOR_ENTERPRISES = (Worklist.EXCLUDED, Worklist.SEVERAL_FIRMS)


class WorkItem(NamedTuple):
    """An entry: of an appointment or what belongs to it; of a vacant post, which has no person; or of who fills a key
    quality post, who need not be registered."""

    id: str
    day: date
    division: str
    enterprise_id: str
    enterprise_name: str
    post_id: str
    person_id: str | None
    person_name: str | None


class Count(NamedTuple):
    """How many entries a list has, at least."""

    name: Worklist
    entries: int
    more: bool


def worklists_of(caller: Caller) -> list[Worklist]:
    """The lists that the caller may read."""
    return [name for name in Worklist if caller.role != Role.ENTERPRISE or name not in NOT_FOR_ENTERPRISES]


def worklist(session: Session, caller: Caller, name: str, today: date, page: PageArguments) -> Page:
    """A page of WorkItem."""
    if name not in worklists_of(caller):
        raise NotFound()
    found = _entries(session, Worklist(name), caller, today).subquery()
    shown = paginate(session, select(found), [found.c.day, found.c.id], page)
    return Page([WorkItem(**row) for row in shown.items], shown.next_cursor)


def counts(session: Session, caller: Caller, today: date) -> list[Count]:
    """How long the caller's lists are, counted up to COUNTED_TO."""
    found = []
    for name in worklists_of(caller):
        some = _entries(session, name, caller, today).limit(COUNTED_TO + 1).subquery()
        number = session.scalar(select(func.count()).select_from(some)) or 0
        found.append(Count(name, min(number, COUNTED_TO), number > COUNTED_TO))
    return found


def _entries(session: Session, name: Worklist, caller: Caller, today: date) -> Found:
    if name == Worklist.VACANT:
        return _vacant(today).where(visible(post, caller, today))
    if name == Worklist.UNCERTIFIED:
        return uncertified(today).where(visible(enterprise, caller, today))
    rules = rulesets.rules_on(session, today, Rules)
    return APPOINTMENTS[name](today, rules).where(visible(ABOUT.get(name, appointment), caller, today))


def _of_appointments(day: ColumnElement[date], *conditions: ColumnElement[bool], about: Table = appointment) -> Found:
    return (
        select(
            about.c.id,
            day.label("day"),
            appointment.c.division,
            appointment.c.enterprise_id,
            enterprise.c.name.label("enterprise_name"),
            appointment.c.post_id,
            appointment.c.person_id,
            person.c.name.label("person_name"),
        )
        .select_from(appointment)
        .join(enterprise, enterprise.c.id == appointment.c.enterprise_id)
        .join(person, person.c.id == appointment.c.person_id)
        .where(*conditions)
    )


LAST_FILING_DAY = func.greatest(appointment.c.filing_due_on, appointment.c.resubmit_by)
UNFILED = and_(appointment.c.filed_on.is_(None), appointment.c.status != AppointmentStatus.ENDED)
WITH_THE_BUREAU = and_(appointment.c.submitted_on.is_not(None), appointment.c.returned_on.is_(None))


def _to_be_filed(today: date, _: Rules) -> Found:
    return _of_appointments(LAST_FILING_DAY, UNFILED, ~WITH_THE_BUREAU, today <= LAST_FILING_DAY)


def _overdue(today: date, _: Rules) -> Found:
    return _of_appointments(LAST_FILING_DAY, UNFILED, ~WITH_THE_BUREAU, today > LAST_FILING_DAY)


def _to_be_decided(_: date, __: Rules) -> Found:
    return _of_appointments(appointment.c.submitted_on, UNFILED, WITH_THE_BUREAU)


def _expiring(today: date, rules: Rules) -> Found:
    last = today + timedelta(days=rules.expiring_days)
    return _of_appointments(talent.c.valid_until, in_office(today), talent.c.valid_until.between(today, last)).join(
        talent, talent.c.id == appointment.c.person_id
    )


def _excluded(today: date, _: Rules) -> Found:
    # Few are excluded: who is in office is looked up for each of them.
    excluded = (
        select(exclusion.c.id_number_index, func.min(exclusion.c.valid_from).label("since"))
        .where(exclusion.c.valid_from <= today, or_(exclusion.c.valid_to.is_(None), exclusion.c.valid_to >= today))
        .group_by(exclusion.c.id_number_index)
        .subquery("excluded")
    )
    return _of_appointments(excluded.c.since, in_office(today)).join(
        excluded, excluded.c.id_number_index == person.c.id_number_index
    )


def _several_firms(today: date, _: Rules) -> Found:
    other = appointment.alias()
    elsewhere = exists().where(
        other.c.person_id == appointment.c.person_id,
        other.c.enterprise_id != appointment.c.enterprise_id,
        in_office(today, other),
    )
    return _of_appointments(appointment.c.appointed_on, in_office(today), elsewhere)


# Of an enterprise that was deregistered nothing is to be done any more.
STANDING = enterprise.c.deregistered_on.is_(None)


def _duty_overdue(_: date, __: Rules) -> Found:
    owed = and_(duty_report.c.overdue_on.is_not(None), duty_report.c.submitted_on.is_(None), STANDING)
    of_it = duty_report.c.appointment_id == appointment.c.id
    return _of_appointments(duty_report.c.due_on, owed, about=duty_report).join(duty_report, of_it)


def _hazards_open(today: date, _: Rules) -> Found:
    late = and_(hazard.c.closed_on.is_(None), hazard.c.due_on < today, STANDING)
    of_it = hazard.c.appointment_id == appointment.c.id
    return _of_appointments(hazard.c.due_on, late, about=hazard).join(hazard, of_it)


# Of what the entries are, where not of appointments.
ABOUT = {Worklist.DUTY_OVERDUE: duty_report, Worklist.HAZARDS_OPEN: hazard}
APPOINTMENTS: Mapping[Worklist, Callable[[date, Rules], Found]] = {
    Worklist.TO_BE_FILED: _to_be_filed,
    Worklist.TO_BE_DECIDED: _to_be_decided,
    Worklist.OVERDUE: _overdue,
    Worklist.EXPIRING: _expiring,
    Worklist.EXCLUDED: _excluded,
    Worklist.SEVERAL_FIRMS: _several_firms,
    Worklist.DUTY_OVERDUE: _duty_overdue,
    Worklist.HAZARDS_OPEN: _hazards_open,
}


def _vacant(today: date) -> Found:
    """Posts vacant for longer than the rule set of the first vacant day allows."""
    since = func.coalesce(func.max(appointment.c.ended_on) + 1, post.c.opened_on, type_=Date)
    vacant = (
        select(since.label("since"))
        .select_from(appointment)
        .where(appointment.c.post_id == post.c.id)
        .correlate(post)
        .lateral("vacancy")
    )
    rules = (
        select(tables.ruleset.c.parameters["vacancy_grace_days"].as_string().cast(Integer).label("grace_days"))
        .where(tables.ruleset.c.effective_from <= vacant.c.since)
        .order_by(tables.ruleset.c.version.desc())
        .limit(1)
        .lateral("rules")
    )
    overdue_on = (vacant.c.since + rules.c.grace_days).cast(Date)
    return (
        select(
            post.c.id,
            overdue_on.label("day"),
            post.c.division,
            post.c.enterprise_id,
            enterprise.c.name.label("enterprise_name"),
            post.c.id.label("post_id"),
            null().label("person_id"),
            null().label("person_name"),
        )
        .select_from(post)
        .join(enterprise, enterprise.c.id == post.c.enterprise_id)
        .join(vacant, true())
        .join(rules, true())
        .where(~exists().where(appointment.c.post_id == post.c.id, in_office(today)), overdue_on <= literal(today))
    )
