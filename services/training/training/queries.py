"""What can be asked: plans, classes, enrolments, certificates as of a day, what was due, the ledger."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, cast, exists, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from chassis.due import due
from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from programme import scope
from programme.callers import Caller
from training import storage
from training.domain import numbers
from training.domain.certificate import EXPIRED, REVOKED, VALID
from training.domain.course import Course, Enrolment, Plan
from training.domain.education import EducationYear
from training.usecases.access import load, visible
from training.usecases.certificates import EXPIRING, history

# What is known of a revocation only once it has happened.
REVOCATION = ("revoked_reason", "revoked_document")


def plans(session: Session, query: dict[str, Any], page: PageArguments) -> Page:
    """The yearly plans with all their revisions, the newest first."""
    column = storage.plan.c
    wanted = select(Plan)
    if "year" in query:
        wanted = wanted.where(column.year == query["year"])
    return paginate(session, wanted, [column.year, column.revision], page, descending=True)


def classes(session: Session, query: dict[str, Any], page: PageArguments) -> Page:
    wanted = select(Course)
    for name in ("status", "kind"):
        if name in query:
            wanted = wanted.where(storage.course.c[name] == query[name])
    return paginate(session, wanted, [storage.course.c.id], page)


def enrolments(session: Session, caller: Caller, class_id: str, on: date, page: PageArguments) -> Page:
    load(session, Course, class_id)
    table = storage.enrolment
    wanted = select(Enrolment).where(table.c.class_id == class_id, visible(table, caller, on))
    return paginate(session, wanted, [table.c.id], page)


def _held(on: date) -> LateralFromClause:
    """What held of each certificate on a day, from the dated history.

    Later lines of one day replace earlier ones. A term that had ended counts as expired from its first day without
    validity, also while the sweep that announces it is behind.
    """
    line = storage.certificate_status
    ended = and_(line.c.status == VALID, line.c.valid_until < on)
    return (
        select(case((ended, EXPIRED), else_=line.c.status).label("status"), line.c.valid_until)
        .where(line.c.certificate_id == storage.certificate.c.id, line.c.on <= on)
        .order_by(line.c.on.desc(), line.c.id.desc())
        .limit(1)
        .lateral("held")
    )


def _standing(on: date) -> tuple[Select[Any], LateralFromClause]:
    """Certificates that existed on a day, as they stood then."""
    held, table = _held(on), storage.certificate
    columns = [column for column in table.c if column.name not in ("status", "valid_until", *REVOCATION)]
    revocation = [case((held.c.status == REVOKED, table.c[name])).label(name) for name in REVOCATION]
    return select(*columns, *revocation, held.c.status, held.c.valid_until).join(held, true()), held


def certificates(session: Session, caller: Caller, query: dict[str, Any], today: date, page: PageArguments) -> Page:
    """Certificates as they stood on a day."""
    table = storage.certificate
    wanted, held = _standing(query.get("on") or today)
    wanted = wanted.where(visible(table, caller, today))
    if "status" in query:
        wanted = wanted.where(held.c.status == query["status"])
    if "ends_by" in query:
        wanted = wanted.where(held.c.valid_until <= query["ends_by"])
    for name in ("person_id", "enterprise_id", "number"):
        if name in query:
            wanted = wanted.where(table.c[name] == query[name])
    return paginate(session, wanted, [table.c.id], page)


def certificate(
    session: Session, caller: Caller, certificate_id: str, query: dict[str, Any], today: date
) -> dict[str, Any]:
    """A certificate as it stood on a day, with its history until then."""
    on = query.get("on") or today
    wanted, _ = _standing(on)
    where = (storage.certificate.c.id == certificate_id, visible(storage.certificate, caller, today))
    found = session.execute(wanted.where(*where)).mappings().one_or_none()
    if found is None:
        raise NotFound()
    return {**found, "history": [line for line in history(session, certificate_id) if line.on <= on]}


def verify(session: Session, number: str, today: date) -> dict[str, Any]:
    """Whether a number is a certificate's, and what anybody may know of it."""
    wanted, _ = _standing(today)
    found = None
    if numbers.is_valid(number):
        found = session.execute(wanted.where(storage.certificate.c.number == number)).one_or_none()
    if found is None:
        return {"number": number, "genuine": False}
    holder = found.name[:1] + "*" * (len(found.name) - 1)
    shown = {"status": found.status, "holder": holder, "valid_until": found.valid_until}
    return {"number": number, "genuine": True, **shown}


def due_notices(session: Session, query: dict[str, Any], today: date, page: PageArguments) -> Page:
    """Every expiry notice that was due by a day, and the event that announced it.

    A row may be settled without a notice where the certificate had ended by then: its end was announced instead.
    """
    notice = storage.expiry_notice
    overtaken = and_(due.c.state == "done", notice.c.event_id.is_(None))
    wanted = (
        select(
            due.c.key,
            due.c.payload["certificate_id"].astext.label("certificate_id"),
            cast(due.c.payload["days_left"].astext, notice.c.days_left.type).label("days_left"),
            due.c.due_on,
            case((overtaken, "superseded"), else_=due.c.state).label("state"),
            notice.c.event_id,
        )
        .join(notice, notice.c.due_key == due.c.key, isouter=True)
        .where(due.c.kind == EXPIRING, due.c.due_on <= (query.get("until") or today))
    )
    if "since" in query:
        wanted = wanted.where(due.c.due_on >= query["since"])
    return paginate(session, wanted, [due.c.due_on, due.c.id], page)


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
