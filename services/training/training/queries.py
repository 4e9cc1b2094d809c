"""What can be asked: classes, enrolments, certificates as of a day, what was due, the ledger."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Text, cast, exists, select
from sqlalchemy.orm import Session

from chassis import scope
from chassis.auth import Caller
from chassis.due import due
from chassis.errors import NotFound
from chassis.http import Page, paginate
from training import storage
from training.domain import numbers
from training.domain.certificate import Certificate
from training.domain.course import Course, Enrolment
from training.domain.education import EducationYear
from training.usecases.access import load, visible
from training.usecases.certificates import EXPIRING, history


def classes(session: Session, query: dict[str, Any], limit: int, cursor: str | None) -> Page:
    wanted = select(Course)
    for name in ("status", "kind"):
        if name in query:
            wanted = wanted.where(storage.course.c[name] == query[name])
    return paginate(session, wanted, [storage.course.c.id], limit, cursor)


def enrolments(session: Session, caller: Caller, class_id: str, on: date, limit: int, cursor: str | None) -> Page:
    load(session, Course, class_id)
    table = storage.enrolment
    wanted = select(Enrolment).where(table.c.class_id == class_id, visible(table, caller, on))
    return paginate(session, wanted, [table.c.id], limit, cursor)


def certificates(
    session: Session, caller: Caller, query: dict[str, Any], today: date, limit: int, cursor: str | None
) -> Page:
    """Certificates as they stood on a day, from the dated history."""
    on = query.get("on") or today
    table, status = storage.certificate, storage.certificate_status
    # Later lines of one day replace earlier ones, so the last line that day or before is what held.
    held = (
        select(status.c.certificate_id, status.c.status, status.c.valid_until)
        .where(status.c.on <= on)
        .distinct(status.c.certificate_id)
        .order_by(status.c.certificate_id, status.c.on.desc(), status.c.id.desc())
        .subquery("held")
    )
    columns = [column for column in table.c if column.name not in ("status", "valid_until")]
    wanted = (
        select(*columns, held.c.status, held.c.valid_until)
        .join(held, held.c.certificate_id == table.c.id)
        .where(visible(table, caller, today))
    )
    if "status" in query:
        wanted = wanted.where(held.c.status == query["status"])
    if "ends_by" in query:
        wanted = wanted.where(held.c.valid_until <= query["ends_by"])
    for name in ("person_id", "enterprise_id", "number"):
        if name in query:
            wanted = wanted.where(table.c[name] == query[name])
    return paginate(session, wanted, [table.c.id], limit, cursor)


def certificate(session: Session, caller: Caller, certificate_id: str, today: date) -> dict[str, Any]:
    """A certificate with its history."""
    found = load(session, Certificate, certificate_id, visible(storage.certificate, caller, today))
    shown = {column.name: getattr(found, column.name) for column in storage.certificate.c}
    return {**shown, "history": history(session, certificate_id)}


def verify(session: Session, number: str) -> dict[str, Any]:
    """Whether a number is a certificate's, and what anybody may know of it."""
    if not numbers.is_valid(number):
        return {"number": number, "genuine": False}
    found = session.scalars(select(Certificate).where(storage.certificate.c.number == number)).one_or_none()
    if found is None:
        return {"number": number, "genuine": False}
    holder = found.name[:1] + "*" * (len(found.name) - 1)
    shown = {"status": found.status, "holder": holder, "valid_until": found.valid_until}
    return {"number": number, "genuine": True, **shown}


def due_notices(session: Session, query: dict[str, Any], today: date, limit: int, cursor: str | None) -> Page:
    """Every expiry notice that was due by a day, and the event that announced it."""
    notice = storage.expiry_notice
    wanted = (
        select(
            due.c.key,
            due.c.payload["certificate_id"].astext.label("certificate_id"),
            cast(due.c.payload["days_left"].astext, notice.c.days_left.type).label("days_left"),
            due.c.due_on,
            due.c.state,
            cast(notice.c.event_id, Text).label("event_id"),
        )
        .join(notice, notice.c.due_key == due.c.key, isouter=True)
        .where(due.c.kind == EXPIRING, due.c.due_on <= (query.get("until") or today))
    )
    if "since" in query:
        wanted = wanted.where(due.c.due_on >= query["since"])
    return paginate(session, wanted, [due.c.due_on, due.c.id], limit, cursor)


def education(session: Session, caller: Caller, person_id: str, today: date) -> list[EducationYear]:
    """A person's years of continuing education, the newest first."""
    person = storage.person.c
    own = {"cqo": person.id == caller.person_id, "enterprise": person.enterprise_id == caller.enterprise_id}
    within = own.get(caller.role, scope.within(person.division, caller, today))
    if not session.scalar(select(exists().where(person.id == person_id, within))):
        raise NotFound()
    table = storage.education_year
    wanted = select(EducationYear).where(table.c.person_id == person_id).order_by(table.c.year.desc())
    return list(session.scalars(wanted))
