"""Holding a class: it is scheduled, and in the end everybody enrolled is judged (R56–R59)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from training import storage
from training.domain.course import INITIAL, Course, Enrolment
from training.domain.education import EducationEntry
from training.domain.rules import Rules
from training.usecases import certificates, education, plans
from training.usecases.access import load, rules_on


def schedule(session: Session, caller: Caller, content: dict[str, Any], clock: Clock) -> Course:
    """Announces a class of the provincial centre; it follows the syllabus in the plan of its year."""
    plan = plans.of_year(session, content["starts_on"].year)
    course = Course(id=new_id(), syllabus=plan.syllabus if plan else None, **content)
    event = course.schedule(rules_on(session, course.starts_on))
    session.add(course)
    outbox.add(session, course, event, clock)
    audit.record(session, caller, "class.scheduled", course.id, {"name": course.name}, clock)
    return course


def close(session: Session, caller: Caller, class_id: str, clock: Clock) -> dict[str, Any]:
    """Judges everybody enrolled; who passes an initial class gets a certificate (R59)."""
    today = clock.today()
    course = load(session, Course, class_id, lock=True)
    course.require_open()
    course.require_over(today)
    rules = rules_on(session, today)
    enrolments = _enrolments(session, class_id)
    for enrolment in enrolments:
        outbox.add(session, enrolment, enrolment.complete(course, rules, today), clock)
    outcomes = Counter(enrolment.passed for enrolment in enrolments)
    _reward(session, course, [enrolment for enrolment in enrolments if enrolment.passed], rules, clock)
    outbox.add(session, course, course.close(today, outcomes[True], outcomes[False]), clock)
    details = {"passed": outcomes[True], "failed": outcomes[False], "ruleset": rules.version}
    audit.record(session, caller, "class.closed", class_id, details, clock)
    return {"id": course.id, "version": course.version, "passed": outcomes[True], "failed": outcomes[False]}


def _reward(session: Session, course: Course, passed: list[Enrolment], rules: Rules, clock: Clock) -> None:
    """A certificate for who passed an initial class; hours in the ledger for a continuing one."""
    if course.kind == INITIAL:
        certificates.issue_all(session, passed, _names(session, course.id), rules, clock)
        return
    # The hours count for the year in which they were taken, whenever the class is closed.
    year, document = course.ends_on.year, f"{course.name} {course.id}"
    entries = [EducationEntry(one.person_id, year, one.total_hours, document, clock.today()) for one in passed]
    education.enter(session, entries, {one.person_id: one.division for one in passed}, clock)


def _enrolments(session: Session, class_id: str) -> list[Enrolment]:
    wanted = select(Enrolment).where(storage.enrolment.c.class_id == class_id).order_by(storage.enrolment.c.id)
    return list(session.scalars(wanted.with_for_update()))


def _names(session: Session, class_id: str) -> dict[str, str]:
    person, enrolment = storage.person.c, storage.enrolment.c
    rows = session.execute(
        select(enrolment.person_id, person.name)
        .join_from(storage.enrolment, storage.person, person.id == enrolment.person_id)
        .where(enrolment.class_id == class_id)
    )
    return dict(rows.all())
