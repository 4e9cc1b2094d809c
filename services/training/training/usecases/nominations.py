"""Nominating people for a class (R17, R61)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import Forbidden, RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from training import storage
from training.domain.course import Course, Enrolment
from training.domain.nomination import Nomination, NotOfThisEnterprise, Places, UnknownHere
from training.usecases.access import load


class NotYourEnterprise(Forbidden):
    """You may nominate for your own enterprise only."""

    zh = "您只能为本企业推荐人员。"


def nominate(
    session: Session, caller: Caller, class_id: str, items: list[dict[str, str]], clock: Clock
) -> list[dict[str, Any]]:
    """Nominates people for a class; each item is accepted or refused by itself, with the rule's sentence."""
    course = load(session, Course, class_id, lock=True)
    course.require_open()
    today = clock.today()
    people = _by_id(session, storage.person, [item["person_id"] for item in items])
    firms = _by_id(session, storage.enterprise, [item["enterprise_id"] for item in items])
    places = _places(session, course, today)
    own = _divisions_of(session, caller, today)
    results: list[dict[str, Any]] = []
    for item in items:
        person, firm = people.get(item["person_id"]), firms.get(item["enterprise_id"])
        try:
            if person is None or firm is None:
                raise UnknownHere()
            _check(caller, own, person, firm)
            places.take(person.id, firm.division)
        except (RuleBroken, Forbidden) as refusal:
            results.append({**item, "accepted": False, "refusal": refusal})
            continue
        results.append({**item, "accepted": True, "nomination_id": _enrol(session, course, person, firm, clock)})
    accepted = sum(result["accepted"] for result in results)
    audit.record(session, caller, "class.nominated", class_id, {"accepted": accepted, "of": len(items)}, clock)
    return results


def _check(caller: Caller, own: set[str] | None, person: Any, firm: Any) -> None:
    if caller.role == "enterprise" and caller.enterprise_id != firm.id:
        raise NotYourEnterprise()
    if own is not None and firm.division not in own:
        raise scope.OutsideDivision(division=firm.division)
    if person.enterprise_id != firm.id:
        raise NotOfThisEnterprise()


def _divisions_of(session: Session, caller: Caller, today: date) -> set[str] | None:
    """The divisions that the caller nominates from; None for who is not bound to any."""
    if caller.role != "division" or caller.division is None:
        return None
    return set(session.scalars(scope.subtree(caller.division, today)))


def _places(session: Session, course: Course, today: date) -> Places:
    column = storage.enrolment.c
    taken = session.execute(select(column.person_id, column.division).where(column.class_id == course.id))
    within = {code: frozenset(session.scalars(scope.subtree(code, today))) for code in course.quotas}
    return Places(course.capacity, course.quotas, within, {person: division for person, division in taken})


def _enrol(session: Session, course: Course, person: Any, firm: Any, clock: Clock) -> str:
    nomination = Nomination(new_id(), course.id, firm.id, person.id, firm.division, clock.today())
    session.add(nomination)
    session.add(Enrolment(new_id(), course.id, person.id, firm.id, firm.division))
    outbox.add(session, nomination, nomination.submit(course), clock)
    return nomination.id


def _by_id(session: Session, table: Any, ids: list[str]) -> dict[str, Any]:
    return {row.id: row for row in session.execute(select(table).where(table.c.id.in_(ids)))}
