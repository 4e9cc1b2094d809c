"""Loading an object the caller may see, under a row lock where it is to change."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, inspect, select, true
from sqlalchemy.orm import Session

from chassis.errors import Forbidden, NotFound, StaleVersion
from programme import scope
from programme.callers import Caller
from registry.domain.appointment import Appointment
from registry.domain.contact import Contact
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person
from registry.storage import appointment, contact, enterprise, person, post, talent

Entity = TypeVar("Entity")


class OutsideEnterprise(Forbidden):
    """You may act for your own enterprise only."""

    zh = "您只能办理本企业的事项。"


def visible(table: Any, caller: Caller, on: date) -> ColumnElement[bool]:
    """The rows of `table` that the caller may see: its division's subtree, its own firm's, or its own."""
    if caller.role == "enterprise":
        own = {
            enterprise: enterprise.c.id,
            person: person.c.enterprise_id,
            post: post.c.enterprise_id,
            appointment: appointment.c.enterprise_id,
        }
        if table is talent:
            return talent.c.id.in_(select(person.c.id).where(person.c.enterprise_id == caller.enterprise_id))
        return own[table] == caller.enterprise_id
    if caller.role == "cqo":
        return _of_person(table, caller.person_id)
    return scope.within(table.c.division, caller, on)


def _of_person(table: Any, person_id: str | None) -> ColumnElement[bool]:
    if table in (person, talent):
        return table.c.id == person_id
    if table is appointment:
        return appointment.c.person_id == person_id
    held = select(appointment.c.enterprise_id).where(
        appointment.c.person_id == person_id, appointment.c.status != "ended"
    )
    return table.c.id.in_(held) if table is enterprise else table.c.enterprise_id.in_(held)


def load(
    session: Session,
    entity: type[Entity],
    object_id: str,
    where: ColumnElement[bool] | None = None,
    *,
    lock: bool = False,
) -> Entity:
    """The object, locked if it is to change; NotFound if it is not there or not within `where`."""
    key = inspect(entity).local_table.c.id
    statement: Select[Any] = select(entity).where(key == object_id, true() if where is None else where)
    if lock:
        # populate_existing: what was read before the lock was got may be out of date.
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound()
    return found


def load_enterprise(
    session: Session, caller: Caller, enterprise_id: str, on: date, *, lock: bool = False
) -> Enterprise:
    """An enterprise that the caller may see."""
    return load(session, Enterprise, enterprise_id, visible(enterprise, caller, on), lock=lock)


def load_person(session: Session, caller: Caller, person_id: str, on: date, *, lock: bool = False) -> Person:
    """A person whom the caller may see."""
    return load(session, Person, person_id, visible(person, caller, on), lock=lock)


def load_appointment(
    session: Session, caller: Caller, appointment_id: str, on: date, *, lock: bool = False
) -> Appointment:
    """An appointment that the caller may see."""
    return load(session, Appointment, appointment_id, visible(appointment, caller, on), lock=lock)


def load_contact(session: Session, owner_id: str) -> Contact | None:
    """The owner's contact, locked, if it has one."""
    return session.scalars(select(Contact).where(contact.c.id == owner_id).with_for_update()).one_or_none()


def check_version(entity: Any, expected: int | None) -> None:
    """Refuses a change made to a version that is no longer the present one."""
    if expected is not None and entity.version != expected:
        raise StaleVersion()


def one_at_a_time(session: Session, what: str) -> None:
    """Lets only one transaction at a time add `what`, so that two can't both find that a code is not there yet."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"registry.{what}"))))
