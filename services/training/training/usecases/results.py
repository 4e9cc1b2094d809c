"""Entering what happened in a class: hours attended, scores of the exam (R56, R59)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import CqoError, InvalidInput
from chassis.security import audit
from programme.callers import Caller
from training import storage
from training.domain.course import Course, Enrolment, NotEnrolled
from training.usecases.access import load, rules_on


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


def _enter_all(
    session: Session,
    caller: Caller,
    action: str,
    class_id: str,
    items: list[dict[str, Any]],
    enter: Callable[[dict[str, Any]], None],
    clock: Clock,
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
