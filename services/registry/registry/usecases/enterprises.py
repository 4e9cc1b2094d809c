"""Registering enterprises and keeping them current."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import append_object, check_version
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from chassis.unset import UNSET, Unset, given
from programme import scope
from programme.callers import Caller
from registry import storage
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.appointment import Appointment
from registry.domain.contact import Contact, ContactPoints, OwnerKind
from registry.domain.contact_request import ContactRequest
from registry.domain.correction import Correction
from registry.domain.enterprise import Enterprise, EnterpriseFacts
from registry.domain.incident import Incident
from registry.domain.leader import LeaderRole, succeed
from registry.domain.person import Person
from registry.domain.post import Post
from registry.domain.recommendation import Recommendation
from registry.domain.talent import Talent
from registry.storage.contact_requests import contact_request
from registry.usecases import contacts
from registry.usecases.access import former_leaders_of, load_enterprise
from registry.usecases.divisions import require_county
from registry.usecases.entering import flush_new


class AlreadyRegistered(RuleBroken):
    """An enterprise with this unified social credit code is already registered."""

    zh = "该统一社会信用代码的企业已经登记。"


@dataclass(frozen=True, kw_only=True)
class RegisterEnterprise(EnterpriseFacts):
    """Register an enterprise, and how it is reached."""

    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class EnterpriseChanges:
    """What is to change of an enterprise."""

    name: str | Unset = UNSET
    division: str | Unset = UNSET
    industry: str | Unset = UNSET
    above_threshold: bool | Unset = UNSET
    award_contender: bool | Unset = UNSET
    brand_contender: bool | Unset = UNSET
    legal_representative: str | Unset = UNSET
    responsible_person: str | Unset | None = UNSET
    registered_on: date | Unset = UNSET
    leads_since: date | Unset = UNSET  # the first day of a new representative or responsible person; else today


def register(
    session: Session, caller: Caller, command: RegisterEnterprise, cipher: PersonalDataCipher, clock: Clock
) -> Enterprise:
    """Enters an enterprise in the register, with its contact points if they are given."""
    today = clock.today()
    require_county(session, command.division, today)
    scope.require_within(session, command.division, caller, today)
    enterprise, registered = Enterprise.register(new_id(), command, today)
    outbox.add(session, enterprise, registered, clock)
    append_object(session, enterprise)
    contact = Contact(enterprise.id, OwnerKind.ENTERPRISE, enterprise.division)
    contacts.enter(session, contact, ContactPoints(command.phone, command.email), cipher, clock)
    flush_new(session, AlreadyRegistered)  # all of it by one statement
    audit.record(session, caller, "enterprise.registered", enterprise.id, {"uscc": enterprise.uscc}, clock)
    return enterprise


def change(
    session: Session, caller: Caller, enterprise_id: str, version: int, changes: EnterpriseChanges, clock: Clock
) -> Enterprise:
    """Takes over what differs; the enterprise may move to another division that the caller looks after."""
    today = clock.today()
    enterprise = load_enterprise(session, caller, enterprise_id, today, lock=True)
    check_version(enterprise, version)
    enterprise.require_standing()
    if changes.division is not UNSET:
        require_county(session, changes.division, today)
        scope.require_within(session, changes.division, caller, today)
    fields = given(changes)
    if apply_changes(session, enterprise, fields, clock):
        audit.record(session, caller, "enterprise.changed", enterprise.id, {"fields": sorted(fields)}, clock)
    return enterprise


def apply_changes(session: Session, enterprise: Enterprise, fields: Mapping[str, object], clock: Clock) -> bool:
    """Takes over what differs and announces it; what belongs to an enterprise moves with it. False if nothing does."""
    division, today = enterprise.division, clock.today()
    own = dict(fields)
    leads_since = own.pop("leads_since", today)
    assert isinstance(leads_since, date)
    _note_leaders(session, enterprise, own, leads_since, today)
    changed = enterprise.change(own, today)
    if changed is None:
        return False
    outbox.add(session, enterprise, changed, clock)
    if enterprise.division != division:
        _move_along(session, enterprise, clock)
    return True


def _note_leaders(
    session: Session, enterprise: Enterprise, fields: Mapping[str, object], since: date, today: date
) -> None:
    """Keeps who led the enterprise until somebody else does."""
    new = [role for role in LeaderRole if role in fields and fields[role] != getattr(enterprise, role)]
    if not new:
        return
    former = former_leaders_of(session, enterprise.id)
    session.add_all([succeed(enterprise, former, role, since, today) for role in new])


def _move_along(session: Session, enterprise: Enterprise, clock: Clock) -> None:
    """Takes what belongs to an enterprise to the division it moved to; its people's new division is announced."""
    persons = storage.person.c
    of_it = select(Person).where(persons.enterprise_id == enterprise.id).order_by(persons.id).with_for_update()
    people = session.scalars(of_it).all()
    for person in people:
        changed = person.change({"division": enterprise.division}, False, clock.today())
        if changed:
            outbox.add(session, person, changed, clock)
    owners = [enterprise.id, *(person.id for person in people)]
    for entity, condition in (
        (Post, storage.post.c.enterprise_id == enterprise.id),
        (Appointment, storage.appointment.c.enterprise_id == enterprise.id),
        (Incident, storage.incident.c.enterprise_id == enterprise.id),
        (Recommendation, storage.recommendation.c.enterprise_id == enterprise.id),
        (Talent, storage.talent.c.id.in_(owners)),
        (Contact, storage.contact.c.id.in_(owners)),
        (Correction, storage.correction.c.enterprise_id == enterprise.id),
        (ContactRequest, contact_request.c.enterprise_id == enterprise.id),
    ):
        session.execute(update(entity).where(condition).values(division=enterprise.division))
    for table in storage.OF_AN_APPOINTMENT:
        of_enterprise = table.c.enterprise_id == enterprise.id
        session.execute(update(table).where(of_enterprise).values(division=enterprise.division))
