"""Registering people, keeping what is known of them, showing an ID number for a stated reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import InvalidInput, RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from registry import storage
from registry.domain.contact import Contact
from registry.domain.person import Person, PersonFact, restate
from registry.domain.talent import Talent
from registry.sealing import Vault
from registry.usecases import contacts
from registry.usecases.access import (
    OutsideEnterprise,
    check_version,
    load_contact,
    load_enterprise,
    load_person,
    one_at_a_time,
)
from registry.usecases.divisions import require_county

STATED = ("quality_years", "title", "declaration")


class AlreadyRegistered(RuleBroken):
    """A person with this resident number is already registered."""

    zh = "该身份证号的人员已经登记。"


@dataclass(frozen=True)
class Revealed:
    """What is masked everywhere else, in clear."""

    person_id: str
    id_number: str
    phone: str | None
    email: str | None


def register(session: Session, caller: Caller, content: dict[str, Any], vault: Vault, clock: Clock) -> Person:
    """Enters a person in the register, with the facts stated and the contact points given."""
    today = clock.today()
    enterprise_id = content.get("enterprise_id")
    division = _division(session, caller, enterprise_id, content.get("division"), today)
    sealed, index = vault.seal_id_number(content["id_number"])
    one_at_a_time(session, "person")
    if session.scalar(select(Person).where(storage.person.c.id_number_index == index)):
        raise AlreadyRegistered()
    person = Person(new_id(), content["name"], division, enterprise_id, sealed, index, content.get("degree"), today)
    session.add(person)
    outbox.add(session, person, person.register(today), clock)
    session.flush()
    session.add_all(restate(person.id, [], {name: content.get(name) for name in STATED}, today))
    if content.get("phone") or content.get("email"):
        fresh = Contact(person.id, "person", person.division)
        contacts.replace(session, None, fresh, content.get("phone"), content.get("email"), vault, clock)
    audit.record(session, caller, "person.registered", person.id, {}, clock)
    return person


def change(
    session: Session, caller: Caller, person_id: str, version: int, changes: dict[str, Any], clock: Clock
) -> Person:
    """Takes over what differs, of the person and of the facts about them; each fact keeps its days."""
    today = clock.today()
    person = load_person(session, caller, person_id, today, lock=True)
    check_version(person, version)
    stated = {name: changes[name] for name in STATED if name in changes}
    plain = {name: value for name, value in changes.items() if name not in STATED}
    if plain.keys() & {"enterprise_id", "division"}:
        enterprise_id = plain.setdefault("enterprise_id", person.enterprise_id)
        plain["division"] = _division(session, caller, enterprise_id, plain.get("division"), today)
    touched = restate(person.id, facts_of(session, person.id), stated, today)
    event = person.change(plain, bool(touched), today)
    session.add_all(touched)
    if event:
        outbox.add(session, person, event, clock)
        follow(session, person)
        audit.record(session, caller, "person.changed", person.id, {"fields": sorted(changes)}, clock)
    return person


def reveal(session: Session, caller: Caller, person_id: str, reason: str, vault: Vault, clock: Clock) -> Revealed:
    """Shows a person's ID number and contact points in clear; who asked and why is on record before they see it."""
    person = load_person(session, caller, person_id, clock.today())
    contact = load_contact(session, person.id)
    phone, email = vault.open_contact(person.id, contact.phone, contact.email) if contact else (None, None)
    audit.record(session, caller, "person.revealed", person.id, {"reason": reason}, clock)
    return Revealed(person.id, vault.open_id_number(person.id_number, person.id_number_index), phone, email)


def follow(session: Session, person: Person) -> None:
    """Takes a person's new name and division over to what is kept beside them."""
    session.execute(
        update(Talent).where(storage.talent.c.id == person.id).values(name=person.name, division=person.division)
    )
    session.execute(update(Contact).where(storage.contact.c.id == person.id).values(division=person.division))


def facts_of(session: Session, person_id: str) -> list[PersonFact]:
    """All dated facts about a person."""
    fact = storage.person_fact.c
    return list(session.scalars(select(PersonFact).where(fact.person_id == person_id).order_by(fact.id)))


def _division(session: Session, caller: Caller, enterprise_id: str | None, stated: str | None, on: date) -> str:
    """Where a person lies: with their enterprise if there is one, else in the county stated."""
    if caller.role == "enterprise" and enterprise_id != caller.enterprise_id:
        raise OutsideEnterprise()
    if enterprise_id is not None:
        return load_enterprise(session, caller, enterprise_id, on).division
    if stated is None:
        reason = "Give an enterprise_id, or the division of a person without one."
        zh = "须填写 enterprise_id；无所在企业的人员须填写 division。"
        raise InvalidInput([{"pointer": "/division", "reason": reason, "reason_zh": zh}])
    require_county(session, stated, on)
    scope.require_within(session, stated, caller, on)
    return stated
