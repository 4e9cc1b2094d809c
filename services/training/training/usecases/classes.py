"""Holding a class: schedule, nominate, attendance, exam, close (R17, R56–R61)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import audit, outbox, scope
from chassis.auth import Caller
from chassis.clock import Clock
from chassis.errors import CqoError, Forbidden, InvalidInput, RuleBroken
from chassis.ids import new_id
from training import storage
from training.domain.course import (
    INITIAL,
    AlreadyNominated,
    ClassIsFull,
    Course,
    Enrolment,
    Nomination,
    NotEnrolled,
    NotOfThisEnterprise,
    UnknownHere,
)
from training.usecases import certificates, education
from training.usecases.access import load, rules_on


class NotYourEnterprise(Forbidden):
    """You may nominate for your own enterprise only."""

    zh = "您只能为本企业推荐人员。"


def schedule(session: Session, caller: Caller, content: dict[str, Any], clock: Clock) -> Course:
    """Announces a class of the provincial centre."""
    course = Course(id=new_id(), **content)
    session.add(course)
    outbox.add(session, course, course.schedule(), clock)
    audit.record(session, caller, "class.scheduled", course.id, {"name": course.name}, clock)
    return course


def nominate(
    session: Session, caller: Caller, class_id: str, items: list[dict[str, str]], clock: Clock
) -> list[dict[str, Any]]:
    """Nominates people for a class; each item is accepted or refused by itself, with the rule's sentence."""
    course = load(session, Course, class_id, lock=True)
    course.require_open()
    people = _by_id(session, storage.person, [item["person_id"] for item in items])
    firms = _by_id(session, storage.enterprise, [item["enterprise_id"] for item in items])
    enrolled = set(session.scalars(select(storage.enrolment.c.person_id).where(storage.enrolment.c.class_id == class_id)))
    results: list[dict[str, Any]] = []
    for item in items:
        person, firm = people.get(item["person_id"]), firms.get(item["enterprise_id"])
        try:
            _check(session, caller, course, person, firm, enrolled, clock.today())
        except (RuleBroken, Forbidden) as refusal:
            results.append({**item, "accepted": False, "refusal": refusal})
            continue
        results.append({**item, "accepted": True, "nomination_id": _enrol(session, course, person, firm, clock)})
        enrolled.add(item["person_id"])
    accepted = sum(result["accepted"] for result in results)
    audit.record(session, caller, "class.nominated", class_id, {"accepted": accepted, "of": len(items)}, clock)
    return results


def record_attendance(
    session: Session, caller: Caller, class_id: str, items: list[dict[str, Any]], clock: Clock
) -> int:
    """Enters hours attended, all or none."""
    course, enrolments = _open_with(session, class_id, [item["person_id"] for item in items])

    def enter(item: dict[str, Any]) -> None:
        _enrolment(enrolments, item).attend(course, item["block"], item["hours"])

    return _enter_all(session, caller, "class.attendance", class_id, items, enter, clock)


def record_exam(session: Session, caller: Caller, class_id: str, items: list[dict[str, Any]], clock: Clock) -> int:
    """Enters scores, all or none."""
    _, enrolments = _open_with(session, class_id, [item["person_id"] for item in items])
    rules = rules_on(session, clock.today())

    def enter(item: dict[str, Any]) -> None:
        _enrolment(enrolments, item).sit(item["sitting"], item["score"], rules)

    return _enter_all(session, caller, "class.exam", class_id, items, enter, clock)


def close(session: Session, caller: Caller, class_id: str, clock: Clock) -> dict[str, Any]:
    """Judges everybody enrolled; who passes an initial class gets a certificate (R59)."""
    today = clock.today()
    course = load(session, Course, class_id, lock=True)
    course.require_open()
    rules = rules_on(session, today)
    names = _names(session, class_id)
    units = certificates.units(session, today)
    passed = failed = 0
    for enrolment in _enrolments(session, class_id):
        outbox.add(session, enrolment, enrolment.complete(course, rules, today), clock)
        if not enrolment.passed:
            failed += 1
            continue
        passed += 1
        if course.kind == INITIAL:
            certificates.issue(session, enrolment, names[enrolment.person_id], rules, units, clock)
        else:
            education.add(
                session, enrolment.person_id, enrolment.division, today.year, enrolment.total_hours, course.name, clock
            )
    outbox.add(session, course, course.close(today, passed, failed), clock)
    audit.record(session, caller, "class.closed", class_id, {"passed": passed, "failed": failed}, clock)
    return {"id": course.id, "passed": passed, "failed": failed, "version": course.version}


def _check(
    session: Session, caller: Caller, course: Course, person: Any, firm: Any, enrolled: set[str], today: date
) -> None:
    if person is None or firm is None:
        raise UnknownHere()
    if caller.role == "enterprise" and caller.enterprise_id != firm.id:
        raise NotYourEnterprise()
    if caller.role == "division":
        scope.require_within(session, firm.division, caller, today)
    if person.enterprise_id != firm.id:
        raise NotOfThisEnterprise()
    if person.id in enrolled:
        raise AlreadyNominated()
    if len(enrolled) >= course.capacity:
        raise ClassIsFull()


def _enrol(session: Session, course: Course, person: Any, firm: Any, clock: Clock) -> str:
    nomination = Nomination(new_id(), course.id, firm.id, person.id, firm.division, clock.today())
    session.add(nomination)
    session.add(Enrolment(new_id(), course.id, person.id, firm.id, firm.division))
    outbox.add(session, nomination, nomination.submit(course), clock)
    return nomination.id


def _enter_all(
    session: Session, caller: Caller, action: str, class_id: str, items: list[dict[str, Any]], enter: Any, clock: Clock
) -> int:
    """Enters each item; where some can't be, names them all and enters none."""
    faults = []
    for index, item in enumerate(items):
        try:
            enter(item)
        except CqoError as fault:
            faults.append({"pointer": f"/items/{index}", "reason": fault.sentence(), **fault.facts})
    if faults:
        raise InvalidInput(faults)
    audit.record(session, caller, action, class_id, {"entries": len(items)}, clock)
    return len(items)


def _open_with(session: Session, class_id: str, person_ids: list[str]) -> tuple[Course, dict[str, Enrolment]]:
    course = load(session, Course, class_id, lock=True)
    course.require_open()
    wanted = select(Enrolment).where(
        storage.enrolment.c.class_id == class_id, storage.enrolment.c.person_id.in_(person_ids)
    )
    return course, {enrolment.person_id: enrolment for enrolment in session.scalars(wanted.with_for_update())}


def _enrolment(enrolments: dict[str, Enrolment], item: dict[str, Any]) -> Enrolment:
    if item["person_id"] not in enrolments:
        raise NotEnrolled(person_id=item["person_id"])
    return enrolments[item["person_id"]]


def _enrolments(session: Session, class_id: str) -> list[Enrolment]:
    wanted = select(Enrolment).where(storage.enrolment.c.class_id == class_id).order_by(storage.enrolment.c.id)
    return list(session.scalars(wanted.with_for_update()))


def _names(session: Session, class_id: str) -> dict[str, str]:
    person, enrolment = storage.person.c, storage.enrolment.c
    rows = session.execute(
        select(enrolment.person_id, func.coalesce(person.name, ""))
        .join_from(storage.enrolment, storage.person, person.id == enrolment.person_id, isouter=True)
        .where(enrolment.class_id == class_id)
    )
    return dict(rows.all())


def _by_id(session: Session, table: Any, ids: list[str]) -> dict[str, Any]:
    return {row.id: row for row in session.execute(select(table).where(table.c.id.in_(ids)))}
