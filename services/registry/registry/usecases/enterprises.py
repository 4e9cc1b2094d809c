"""Registering enterprises and keeping them current."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from registry import storage
from registry.domain.appointment import Appointment
from registry.domain.contact import Contact
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person
from registry.domain.post import Post
from registry.domain.talent import Talent
from registry.sealing import Vault
from registry.usecases import contacts
from registry.usecases.access import check_version, load_enterprise, one_at_a_time
from registry.usecases.divisions import require_county


class AlreadyRegistered(RuleBroken):
    """An enterprise with this unified social credit code is already registered."""

    zh = "该统一社会信用代码的企业已经登记。"


def register(session: Session, caller: Caller, content: dict[str, Any], vault: Vault, clock: Clock) -> Enterprise:
    """Enters an enterprise in the register, with its contact points if they are given."""
    facts = dict(content)
    phone, email = facts.pop("phone", None), facts.pop("email", None)
    require_county(session, facts["division"], clock.today())
    scope.require_within(session, facts["division"], caller, clock.today())
    one_at_a_time(session, "enterprise")
    if session.scalar(select(Enterprise).where(storage.enterprise.c.uscc == facts["uscc"])):
        raise AlreadyRegistered()
    enterprise = Enterprise(id=new_id(), **facts)
    session.add(enterprise)
    outbox.add(session, enterprise, enterprise.register(clock.today()), clock)
    if phone or email:
        contacts.replace(
            session, None, Contact(enterprise.id, "enterprise", enterprise.division), phone, email, vault, clock
        )
    audit.record(session, caller, "enterprise.registered", enterprise.id, {"uscc": enterprise.uscc}, clock)
    return enterprise


def change(
    session: Session, caller: Caller, enterprise_id: str, version: int, changes: dict[str, Any], clock: Clock
) -> Enterprise:
    """Takes over what differs; the enterprise may move to another division that the caller looks after."""
    enterprise = load_enterprise(session, caller, enterprise_id, clock.today(), lock=True)
    check_version(enterprise, version)
    if "division" in changes:
        require_county(session, changes["division"], clock.today())
        scope.require_within(session, changes["division"], caller, clock.today())
    moved = changes.get("division", enterprise.division) != enterprise.division
    event = enterprise.change(changes, clock.today())
    if event:
        outbox.add(session, enterprise, event, clock)
        if moved:
            move_along(session, enterprise, clock)
        audit.record(session, caller, "enterprise.changed", enterprise.id, {"fields": sorted(changes)}, clock)
    return enterprise


def move_along(session: Session, enterprise: Enterprise, clock: Clock) -> None:
    """Takes what belongs to an enterprise to the division it moved to; its people's new division is announced."""
    persons = storage.person.c
    of_it = select(Person).where(persons.enterprise_id == enterprise.id).order_by(persons.id).with_for_update()
    people = session.scalars(of_it).all()
    for person in people:
        event = person.change({"division": enterprise.division}, False, clock.today())
        if event:
            outbox.add(session, person, event, clock)
    owners = [enterprise.id, *(person.id for person in people)]
    for entity, condition in (
        (Post, storage.post.c.enterprise_id == enterprise.id),
        (Appointment, storage.appointment.c.enterprise_id == enterprise.id),
        (Talent, storage.talent.c.id.in_(owners)),
        (Contact, storage.contact.c.id.in_(owners)),
    ):
        session.execute(update(entity).where(condition).values(division=enterprise.division))
