"""Registering people, keeping what is known of them, showing an ID number for a stated reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import check_version
from chassis.errors import InvalidInput, RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from chassis.unset import UNSET, Unset, given
from programme import scope
from programme.callers import Caller, Role
from registry import storage
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.contact import Contact, ContactPoints, OwnerKind
from registry.domain.person import Person, Stated, restate
from registry.domain.talent import Talent
from registry.usecases import contacts
from registry.usecases.access import (
    OutsideEnterprise,
    facts_of,
    load_contact,
    load_enterprise,
    load_person,
    visible,
)
from registry.usecases.divisions import require_county
from registry.usecases.entering import flush_new

OF_THE_NUMBER = select(storage.person.c.id).where(storage.person.c.id_number_index == bindparam("index"))
STATED = ("quality_years", "title", "declaration")


class AlreadyRegistered(RuleBroken):
    """A person with this resident number is already registered."""

    zh = "该身份证号的人员已经登记。"


class NotYoursToRegister(RuleBroken):
    """You can't register a person with this resident number; ask the province office."""

    zh = "该身份证号的人员不能由您登记，请与省办公室联系。"


@dataclass(frozen=True, kw_only=True)
class RegisterPerson:
    """Register a person, in an enterprise or, without one, in a county."""

    name: str
    id_number: str
    enterprise_id: str | None = None
    division: str | None = None
    degree: str | None = None
    quality_years: int | None = None
    title: str | None = None
    declaration: bool = False
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class PersonChanges:
    """What is to change of a person, and of the facts about them."""

    name: str | Unset = UNSET
    enterprise_id: str | Unset | None = UNSET
    division: str | Unset = UNSET
    degree: str | Unset | None = UNSET
    quality_years: int | Unset | None = UNSET
    title: str | Unset | None = UNSET
    declaration: bool | Unset = UNSET


@dataclass(frozen=True)
class RevealPerson:
    """Show what is masked everywhere else, for a reason that goes on record."""

    reason: str


@dataclass(frozen=True)
class RevealedPerson:
    """What is masked everywhere else, in clear."""

    person_id: str
    id_number: str
    phone: str | None
    email: str | None


def register(
    session: Session, caller: Caller, command: RegisterPerson, cipher: PersonalDataCipher, clock: Clock
) -> Person:
    """Enters a person in the register, with the facts stated and the contact points given."""
    today = clock.today()
    division = _division(session, caller, command.enterprise_id, command.division, today)
    sealed, index = cipher.seal_id_number(command.id_number)
    if session.scalar(OF_THE_NUMBER, {"index": index}):
        # Where the person is registered, and that they are, is for those to know who see them (ADR 0022).
        may_know = session.scalar(OF_THE_NUMBER.where(visible(storage.person, caller, today)), {"index": index})
        raise AlreadyRegistered() if may_know else NotYoursToRegister()
    person, registered = Person.register(
        new_id(),
        name=command.name,
        division=division,
        enterprise_id=command.enterprise_id,
        id_number=sealed,
        id_number_index=index,
        degree=command.degree,
        on=today,
    )
    session.add(person)
    outbox.add(session, person, registered, clock)
    flush_new(session, NotYoursToRegister)  # The facts refer to the person, whose row has to be there first.
    session.add_all(restate(person.id, [], stated(command.quality_years, command.title, command.declaration), today))
    contact = Contact(person.id, OwnerKind.PERSON, person.division)
    contacts.replace(session, contact, ContactPoints(command.phone, command.email), cipher, clock)
    audit.record(session, caller, "person.registered", person.id, {}, clock)
    return person


def change(
    session: Session, caller: Caller, person_id: str, version: int, changes: PersonChanges, clock: Clock
) -> Person:
    """Takes over what differs, of the person and of the facts about them; each fact keeps its days."""
    today = clock.today()
    person = load_person(session, caller, person_id, today, lock=True)
    check_version(person, version)
    fields = given(changes)
    own = {name: value for name, value in fields.items() if name not in STATED}
    if own.keys() & {"enterprise_id", "division"}:
        own.setdefault("enterprise_id", person.enterprise_id)
        own["division"] = _division(session, caller, own["enterprise_id"], own.get("division"), today)
    restated = stated(changes.quality_years, changes.title, changes.declaration)
    touched = restate(person.id, facts_of(session, person.id), restated, today)
    changed = person.change(own, bool(touched), today)
    session.add_all(touched)
    if changed:
        outbox.add(session, person, changed, clock)
        follow(session, person)
        audit.record(session, caller, "person.changed", person.id, {"fields": sorted(fields)}, clock)
    return person


def reveal(
    session: Session,
    caller: Caller,
    person_id: str,
    command: RevealPerson,
    cipher: PersonalDataCipher,
    clock: Clock,
) -> RevealedPerson:
    """Shows a person's ID number and contact points in clear; who asked and why is on record before they see it."""
    person = load_person(session, caller, person_id, clock.today())
    contact = load_contact(session, person.id)
    points = cipher.open_contact(contact) if contact else ContactPoints()
    audit.record(session, caller, "person.revealed", person.id, {"reason": command.reason}, clock)
    return RevealedPerson(person.id, cipher.open_id_number(person), points.phone, points.email)


def follow(session: Session, person: Person) -> None:
    """Takes a person's new name and division over to what is kept beside them."""
    session.execute(
        update(Talent).where(storage.talent.c.id == person.id).values(name=person.name, division=person.division)
    )
    session.execute(update(Contact).where(storage.contact.c.id == person.id).values(division=person.division))


def stated(quality_years: int | Unset | None, title: str | Unset | None, declaration: bool | Unset | None) -> Stated:
    """What of these was stated; what is UNSET is left out."""
    facts: Stated = {}
    if quality_years is not UNSET:
        facts["quality_years"] = quality_years
    if title is not UNSET:
        facts["title"] = title
    if declaration is not UNSET:
        facts["declaration"] = declaration
    return facts


def _division(session: Session, caller: Caller, enterprise_id: str | None, county: str | None, on: date) -> str:
    """Where a person lies: with their enterprise if there is one, else in the county stated."""
    if caller.role == Role.ENTERPRISE and enterprise_id != caller.enterprise_id:
        raise OutsideEnterprise()
    if enterprise_id is not None:
        if county is not None:
            reason = "Leave it out: a person with an enterprise lies where the enterprise does."
            zh = "请勿填写：有所在企业的人员，其区划以企业为准。"
            raise InvalidInput.at("/division", reason, zh)
        enterprise = load_enterprise(session, caller, enterprise_id, on)
        enterprise.require_standing()
        return enterprise.division
    if county is None:
        reason = "Give an enterprise_id, or the division of a person without one."
        zh = "须填写 enterprise_id；无所在企业的人员须填写 division。"
        raise InvalidInput.at("/division", reason, zh)
    require_county(session, county, on)
    scope.require_within(session, county, caller, on)
    return county
