"""What the service can be asked: lists limited to what the caller may see, as of today or of a past day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from programme import rulesets, scope
from programme.callers import Caller
from registry.domain.appointment import ENDED, Appointment, AppointmentStatus
from registry.domain.certificates import CertificateFact
from registry.domain.eligibility import Dossier, EducationFact, Eligibility, assess
from registry.domain.enterprise import Enterprise
from registry.domain.person import Exclusion, Person, PersonFact
from registry.domain.post import Post
from registry.domain.talent import Talent, TalentStatus
from registry.storage import appointment, appointment_status, enterprise, exclusion, person, post, talent, talent_status
from registry.usecases.access import load_person, visible


def _equal(table: Any, filters: dict[str, Any], names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    return [table.c[name] == filters[name] for name in names if filters.get(name) is not None]


def _within(table: Any, filters: dict[str, Any], on: date) -> list[ColumnElement[bool]]:
    return [table.c.division.in_(scope.subtree(filters["division"], on))] if filters.get("division") else []


def _like(words: str) -> str:
    return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def divisions(session: Session, on: date) -> list[dict[str, Any]]:
    """The tree as it stood on a day."""
    tree = scope.division
    holds = (tree.c.valid_from <= on, or_(tree.c.valid_to.is_(None), tree.c.valid_to >= on))
    return [dict(row) for row in session.execute(select(tree).where(*holds).order_by(tree.c.code)).mappings()]


def division(session: Session, code: str) -> dict[str, Any]:
    """A division with all its placements, the oldest first."""
    tree = scope.division
    rows = session.execute(select(tree).where(tree.c.code == code).order_by(tree.c.valid_from)).mappings().all()
    if not rows:
        raise NotFound()
    return {"code": code, "name": rows[-1]["name"], "placements": [dict(row) for row in rows]}


def enterprises(session: Session, caller: Caller, filters: dict[str, Any], on: date, page: PageArguments) -> Page:
    """Enterprises by division's subtree, population, industry, code, or words in the name."""
    conditions = [visible(enterprise, caller, on), *_within(enterprise, filters, on)]
    flags = ("above_threshold", "award_contender", "brand_contender", "uscc")
    conditions += _equal(enterprise, filters, flags)
    if filters.get("industry"):
        conditions.append(enterprise.c.industry.startswith(filters["industry"], autoescape=True))
    if filters.get("q"):
        conditions.append(enterprise.c.name.ilike(_like(filters["q"])))
    if filters.get("has_cqo") is not None:
        held = exists().where(appointment.c.enterprise_id == enterprise.c.id, appointment.c.status != ENDED)
        conditions.append(held if filters["has_cqo"] else ~held)
    return paginate(session, select(Enterprise).where(*conditions), [enterprise.c.id], page)


def people(session: Session, caller: Caller, filters: dict[str, Any], on: date, page: PageArguments) -> Page:
    """People by division's subtree, enterprise, or words in the name."""
    conditions = [
        visible(person, caller, on),
        *_within(person, filters, on),
        *_equal(person, filters, ("enterprise_id",)),
    ]
    if filters.get("q"):
        conditions.append(person.c.name.ilike(_like(filters["q"])))
    return paginate(session, select(Person).where(*conditions), [person.c.id], page)


def person_by_number(session: Session, caller: Caller, index: str, on: date) -> Person:
    """The person with an ID number of this index."""
    statement = select(Person).where(person.c.id_number_index == index, visible(person, caller, on))
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound()
    return found


def posts(session: Session, caller: Caller, filters: dict[str, Any], on: date, page: PageArguments) -> Page:
    """Posts, each with the appointment that holds it, if one does."""
    holds = (appointment.c.post_id == post.c.id) & (appointment.c.status != ENDED)
    statement = select(Post, Appointment).outerjoin(Appointment, holds)
    conditions = [visible(post, caller, on), *_within(post, filters, on), *_equal(post, filters, ("enterprise_id",))]
    if filters.get("vacant") is not None:
        conditions.append(appointment.c.id.is_(None) if filters["vacant"] else appointment.c.id.is_not(None))
    return paginate(session, statement.where(*conditions), [post.c.id], page)


def talents(session: Session, caller: Caller, filters: dict[str, Any], on: date, page: PageArguments) -> Page:
    """Members of the pool with their status on a day and whether they hold a post today."""
    latest = _latest(talent_status, talent_status.c.person_id, on)
    appointed = exists().where(appointment.c.person_id == talent.c.id, appointment.c.status != ENDED)
    statement = (
        select(Talent, TalentStatus, appointed.label("appointed"))
        .join(latest, latest.c.owner == talent.c.id)
        .join(TalentStatus, TalentStatus.id == latest.c.id)
    )
    conditions = [visible(talent, caller, on), *_within(talent, filters, on)]
    if filters.get("status"):
        conditions.append(talent_status.c.status == filters["status"])
    if filters.get("available") is not None:
        conditions.append(~appointed if filters["available"] else appointed)
    if filters.get("q"):
        conditions.append(talent.c.name.ilike(_like(filters["q"])))
    return paginate(session, statement.where(*conditions), [talent.c.id], page)


def appointments(session: Session, caller: Caller, filters: dict[str, Any], on: date, page: PageArguments) -> Page:
    """Appointments that had been made by a day, each with the status it had then."""
    latest = _latest(appointment_status, appointment_status.c.appointment_id, on)
    statement = (
        select(Appointment, AppointmentStatus)
        .join(latest, latest.c.owner == appointment.c.id)
        .join(AppointmentStatus, AppointmentStatus.id == latest.c.id)
    )
    equal = _equal(appointment, filters, ("enterprise_id", "person_id", "post_id", "filed_late"))
    conditions = [visible(appointment, caller, on), *_within(appointment, filters, on), *equal]
    if filters.get("status"):
        conditions.append(appointment_status.c.status == filters["status"])
    if filters.get("filed") is not None:
        filed = appointment.c.filed_on.is_not(None) & (appointment.c.filed_on <= on)
        conditions.append(
            filed if filters["filed"] else or_(appointment.c.filed_on.is_(None), appointment.c.filed_on > on)
        )
    return paginate(session, statement.where(*conditions), [appointment.c.id], page)


def _latest(table: Any, owner: ColumnElement[str], on: date) -> Any:
    """The last line of each owner's history by a day."""
    return (
        select(owner.label("owner"), table.c.id)
        .ext(distinct_on(owner))
        .where(table.c.on <= on)
        .order_by(owner, table.c.on.desc(), table.c.id.desc())
        .subquery()
    )


def appointment_history(session: Session, appointment_id: str) -> list[AppointmentStatus]:
    """An appointment's statuses in the order they were taken on."""
    lines = select(AppointmentStatus).where(appointment_status.c.appointment_id == appointment_id)
    return list(session.scalars(lines.order_by(appointment_status.c.id)))


def exclusions(session: Session, page: PageArguments) -> Page:
    """The exclusion list."""
    return paginate(session, select(Exclusion), [exclusion.c.id], page)


def eligibility(session: Session, caller: Caller, person_id: str, on: date, today: date) -> Eligibility:
    """Each criterion for a person on a day, decided by the rule set then in force."""
    subject = load_person(session, caller, person_id, today)

    def told(entity: Any) -> list[Any]:
        return list(session.scalars(select(entity).where(entity.person_id == subject.id).order_by(entity.id)))

    excluded = select(Exclusion).where(exclusion.c.id_number_index == subject.id_number_index)
    dossier = Dossier(
        facts=told(PersonFact),
        exclusions=list(session.scalars(excluded)),
        certificates=told(CertificateFact),
        educations=told(EducationFact),
    )
    return assess(subject.id, dossier, on, rulesets.in_force(session, on))
