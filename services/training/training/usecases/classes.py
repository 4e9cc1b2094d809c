"""Holding a class: it is scheduled, and in the end everybody enrolled is judged (R56–R59)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from training import storage
from training.domain.education import EducationEntry
from training.domain.enrolment import Enrolment
from training.domain.rules import Rules
from training.domain.training_class import Block, ClassKind, ClassMode, ClassSession, TrainingClass
from training.usecases import announced, certificates, education, holding, openings, parties, places, plans, waiting


@dataclass(frozen=True)
class NewSession:
    """A sitting of a class on one day, of so many hours of a subject block."""

    on: date
    block: str
    hours: float


@dataclass(frozen=True)
class ScheduleClass:
    """A class of the provincial centre: its days, its places, its subject blocks."""

    name: str
    kind: ClassKind
    starts_on: date
    ends_on: date
    capacity: int
    blocks: Sequence[Block]
    sessions: Sequence[NewSession] = ()
    quotas: Mapping[str, int] = field(default_factory=dict)  # places by division (R61)
    quotas_until: date | None = None  # by the rule set, if none is named
    mode: ClassMode = ClassMode.ON_SITE
    venue: str | None = None  # the address, where no venue is named
    venue_id: str | None = None
    link: str | None = None
    trainers: Mapping[str, str] = field(default_factory=dict)  # of the pool, by block


@dataclass(frozen=True)
class ClosedClass:
    """A class that was closed, and how many passed and failed in it."""

    id: str
    version: int
    passed: int
    failed: int


def schedule(session: Session, caller: Caller, command: ScheduleClass, clock: Clock) -> TrainingClass:
    """Announces a class of the provincial centre; it follows the plan of its year."""
    training_class = _new(session, command)
    places.require_quotas(session, training_class, clock.today())
    rules = rulesets.rules_on(session, training_class.starts_on, Rules)
    event = training_class.schedule(rules)
    training_class.require_where()
    holding.hold(session, training_class, rules)
    session.add(training_class)
    outbox.add(session, training_class, event, clock)
    waiting.plan_release(session, training_class)
    openings.plan(session, training_class, rules)
    audit.record(session, caller, "class.scheduled", training_class.id, {"name": training_class.name}, clock)
    return training_class


def _new(session: Session, command: ScheduleClass) -> TrainingClass:
    plan = plans.of_year(session, command.starts_on.year)
    venue = holding.locked_venue(session, command.venue_id) if command.venue_id else None
    return TrainingClass(
        id=new_id(),
        name=command.name,
        kind=command.kind,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
        capacity=command.capacity,
        blocks=command.blocks,
        sessions=[ClassSession(number, *astuple(each)) for number, each in enumerate(command.sessions, 1)],
        quotas=command.quotas,
        quotas_until=command.quotas_until,
        syllabus=plan.syllabus_of(command.kind) if plan else None,
        focus=plan.focus if plan else None,
        plan_revision=plan.revision if plan else None,
        mode=command.mode,
        venue=venue.described if venue else command.venue,
        venue_id=command.venue_id,
        link=command.link,
        trainers=command.trainers,
    )


def close(session: Session, caller: Caller, class_id: str, clock: Clock) -> ClosedClass:
    """Judges everybody enrolled; who passes an initial class gets a certificate (R59)."""
    today = clock.today()
    training_class = load(session, TrainingClass, class_id, lock=True)
    training_class.require_open()
    training_class.require_over(today)
    rules = announced.rules_of(session, training_class)
    enrolments = _enrolments(session, class_id)
    for enrolment in enrolments:
        outbox.add(session, enrolment, enrolment.complete(training_class, rules, today), clock)
    outcomes = Counter(enrolment.passed for enrolment in enrolments)
    _reward(session, training_class, [enrolment for enrolment in enrolments if enrolment.passed], clock)
    outbox.add(session, training_class, training_class.close(today, outcomes[True], outcomes[False]), clock)
    details = {"passed": outcomes[True], "failed": outcomes[False], "ruleset": rules.version}
    audit.record(session, caller, "class.closed", class_id, details, clock)
    return ClosedClass(training_class.id, training_class.version, outcomes[True], outcomes[False])


def _reward(session: Session, training_class: TrainingClass, passed: Sequence[Enrolment], clock: Clock) -> None:
    """A certificate for who passed an initial class; hours in the ledger for a continuing one."""
    if training_class.kind == ClassKind.INITIAL:
        rules = rulesets.rules_on(session, clock.today(), Rules)
        certificates.issue_all(session, passed, parties.holders(session, training_class.id), rules, clock)
        return
    # The hours count for the year in which they were taken, whenever the class is closed.
    document = f"{training_class.name} {training_class.id}"
    entries = [
        EducationEntry(one.person_id, year, hours, document, clock.today(), training_class.education_kind)
        for one in passed
        for year, hours in one.hours_by_year(training_class).items()
        if hours
    ]
    education.enter(session, entries, {one.person_id: one.division for one in passed}, clock)


def _enrolments(session: Session, class_id: str) -> list[Enrolment]:
    wanted = select(Enrolment).where(storage.enrolment.c.class_id == class_id).order_by(storage.enrolment.c.id)
    return list(session.scalars(wanted.with_for_update()))
