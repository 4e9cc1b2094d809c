"""Loading what a use case works on: what the caller may see, under a row lock where it is to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    func,
    inspect,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis.data import load
from chassis.errors import Forbidden, NotFound
from programme import scope
from programme.callers import Caller, Role
from registry.domain.appointment import Appointment
from registry.domain.breach import SHOWN_TO_ALL_CONCERNED, Breach
from registry.domain.certificates import CertificateFact
from registry.domain.contact import Contact
from registry.domain.eligibility import Dossier, EducationFact
from registry.domain.enterprise import Enterprise
from registry.domain.exclusion import Exclusion
from registry.domain.incident import Incident
from registry.domain.leader import FormerLeader
from registry.domain.person import Person, PersonFact
from registry.domain.recommendation import Decision, Recommendation
from registry.storage import (
    OF_AN_APPOINTMENT,
    appointment,
    breach,
    certificate_fact,
    contact,
    correction,
    education_fact,
    enterprise,
    exclusion,
    former_leader,
    import_job,
    incident,
    person,
    person_fact,
    post,
    recommendation,
    recommendation_decision,
    talent,
)

FoundT = TypeVar("FoundT")

READ_AT_ONCE = 250  # rows
LOCKED_CONTACT = select(Contact).where(contact.c.id == bindparam("owner_id")).with_for_update()
CERTIFICATE_FACTS = (
    select(CertificateFact)
    .where(certificate_fact.c.person_id == bindparam("person_id"))
    .order_by(certificate_fact.c.id)
)
PERSON_FACTS = select(PersonFact).where(person_fact.c.person_id == bindparam("person_id")).order_by(person_fact.c.id)
FORMER_LEADERS = select(FormerLeader).where(former_leader.c.enterprise_id == bindparam("enterprise_id"))
EDUCATION_FACTS = (
    select(EducationFact).where(education_fact.c.person_id == bindparam("person_id")).order_by(education_fact.c.id)
)
DECISIONS = (
    select(Decision)
    .where(recommendation_decision.c.person_id == bindparam("person_id"))
    .order_by(recommendation_decision.c.id)
)
EXCLUSIONS = select(Exclusion).where(exclusion.c.id_number_index == bindparam("index"))
BREACHES = select(Breach).where(breach.c.appointment_id == bindparam("appointment_id")).order_by(breach.c.id)
ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(func.hashtext(bindparam("what"))))
# The column that says whose a row is.
OWN_ENTERPRISE = {
    enterprise: enterprise.c.id,
    person: person.c.enterprise_id,
    post: post.c.enterprise_id,
    recommendation: recommendation.c.enterprise_id,
    incident: incident.c.enterprise_id,
    appointment: appointment.c.enterprise_id,
    correction: correction.c.enterprise_id,
    import_job: import_job.c.enterprise_id,
} | {table: table.c.enterprise_id for table in OF_AN_APPOINTMENT}
# What is about one person, and theirs to read.
OF_A_PERSON = (appointment, recommendation, *OF_AN_APPOINTMENT)


class OutsideEnterprise(Forbidden):
    """You may act for your own enterprise only."""

    zh = "您只能办理本企业的事项。"


def visible(table: Table, caller: Caller, on: date) -> ColumnElement[bool]:
    """The rows of `table` that the caller may see: its division's subtree, its own firm's, or its own."""
    if caller.role == Role.ENTERPRISE:
        if table is talent:
            return talent.c.id.in_(select(person.c.id).where(person.c.enterprise_id == caller.enterprise_id))
        return OWN_ENTERPRISE[table] == caller.enterprise_id
    if caller.role == Role.CQO:
        return _of_person(table, caller.person_id, on)
    return scope.within(table.c.division, caller, on)


def visible_breaches(caller: Caller, on: date) -> ColumnElement[bool]:
    """The breaches that the caller may see: the enterprise and the CQO learn of those that were confirmed."""
    seen = visible(breach, caller, on)
    if caller.role in (Role.ENTERPRISE, Role.CQO):
        return and_(seen, breach.c.status.in_(SHOWN_TO_ALL_CONCERNED))
    return seen


def in_office(on: date, table: FromClause = appointment) -> ColumnElement[bool]:
    """Of an appointment: whether its holder was in office on that day, suspended or not; the last day counts."""
    return and_(table.c.appointed_on <= on, or_(table.c.ended_on.is_(None), table.c.ended_on >= on))


def _of_person(table: Table, person_id: str | None, on: date) -> ColumnElement[bool]:
    if table in (person, talent):
        return table.c.id == person_id
    if table in OF_A_PERSON:
        return table.c.person_id == person_id
    held = select(appointment.c.enterprise_id).where(appointment.c.person_id == person_id, in_office(on))
    return table.c.id.in_(held) if table is enterprise else table.c.enterprise_id.in_(held)


def among(column: Column[str], values: Iterable[str | None]) -> ColumnElement[bool]:
    """That `column` is one of `values`, which may be many thousands: they go to the database as one text."""
    wanted = sorted({value for value in values if value is not None})
    return column.in_(select(func.jsonb_array_elements_text(cast(wanted, JSONB)).column_valued()))


def some_at_a_time(session: Session, statement: Select[FoundT]) -> Iterator[FoundT]:
    """What `statement` finds, in parts: to read thousands of rows at once would keep others waiting."""
    yield from session.scalars(statement.execution_options(yield_per=READ_AT_ONCE))


def load_seen(
    session: Session, caller: Caller, entity: type[FoundT], object_id: str, on: date, *, lock: bool = False
) -> FoundT:
    """An object that the caller may see."""
    table = inspect(entity).local_table
    assert isinstance(table, Table)
    return load(session, entity, object_id, visible(table, caller, on), lock=lock)


def load_enterprise(
    session: Session, caller: Caller, enterprise_id: str, on: date, *, lock: bool = False
) -> Enterprise:
    """An enterprise that the caller may see."""
    return load(session, Enterprise, enterprise_id, visible(enterprise, caller, on), lock=lock)


def hold_enterprise_of(session: Session, caller: Caller, post_id: str, on: date) -> Enterprise:
    """The enterprise of a post that the caller may see, held as it is: it can't be deregistered meanwhile."""
    statement = (
        select(Enterprise)
        .join(post, post.c.enterprise_id == enterprise.c.id)
        .where(post.c.id == post_id, visible(enterprise, caller, on))
        .with_for_update(read=True, of=enterprise)
    )
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound()
    return found


def load_person(session: Session, caller: Caller, person_id: str, on: date, *, lock: bool = False) -> Person:
    """A person whom the caller may see."""
    return load(session, Person, person_id, visible(person, caller, on), lock=lock)


def is_seen(session: Session, caller: Caller, found: Person, on: date) -> bool:
    """Whether the caller may see the person."""
    return bool(session.scalar(select(person.c.id).where(person.c.id == found.id, visible(person, caller, on))))


def person_by_number(session: Session, caller: Caller, index: str, on: date) -> Person:
    """The person whose ID number has this index; NotFound if the caller may not see them."""
    statement = select(Person).where(person.c.id_number_index == index, visible(person, caller, on))
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound()
    return found


def load_appointment(
    session: Session, caller: Caller, appointment_id: str, on: date, *, lock: bool = False
) -> Appointment:
    """An appointment that the caller may see."""
    return load(session, Appointment, appointment_id, visible(appointment, caller, on), lock=lock)


def load_recommendation(
    session: Session, caller: Caller, recommendation_id: str, on: date, *, lock: bool = False
) -> Recommendation:
    """A recommendation that the caller may see."""
    return load(session, Recommendation, recommendation_id, visible(recommendation, caller, on), lock=lock)


def load_incident(session: Session, caller: Caller, incident_id: str, on: date, *, lock: bool = False) -> Incident:
    """An incident that the caller may see."""
    return load(session, Incident, incident_id, visible(incident, caller, on), lock=lock)


def load_contact(session: Session, owner_id: str) -> Contact | None:
    """The owner's contact, locked, if it has one."""
    return session.scalars(LOCKED_CONTACT, {"owner_id": owner_id}).one_or_none()


def certificates_of(session: Session, person_id: str) -> list[CertificateFact]:
    """The facts about a person's certificates, in the order they were announced."""
    return list(session.scalars(CERTIFICATE_FACTS, {"person_id": person_id}))


def facts_of(session: Session, person_id: str) -> list[PersonFact]:
    """All dated facts about a person."""
    return list(session.scalars(PERSON_FACTS, {"person_id": person_id}))


def former_leaders_of(session: Session, enterprise_id: str) -> list[FormerLeader]:
    """Who led an enterprise before."""
    return list(session.scalars(FORMER_LEADERS, {"enterprise_id": enterprise_id}))


def exclusions_of(session: Session, person: Person) -> list[Exclusion]:
    """The entries of the exclusion list that hit a person, of every day."""
    return list(session.scalars(EXCLUSIONS, {"index": person.id_number_index}))


def breaches_of(session: Session, of: Appointment) -> list[Breach]:
    """The breaches of an appointment's holder, confirmed or not."""
    return list(session.scalars(BREACHES, {"appointment_id": of.id}))


def dossier_of(session: Session, person: Person) -> Dossier:
    """All that is known of a person that bears on eligibility."""
    return Dossier(
        facts=facts_of(session, person.id),
        exclusions=exclusions_of(session, person),
        certificates=certificates_of(session, person.id),
        educations=list(session.scalars(EDUCATION_FACTS, {"person_id": person.id})),
        decisions=list(session.scalars(DECISIONS, {"person_id": person.id})),
    )


def one_at_a_time(session: Session, what: str) -> None:
    """Lets only one transaction at a time do `what`."""
    session.execute(ONE_AT_A_TIME, {"what": f"registry.{what}"})
