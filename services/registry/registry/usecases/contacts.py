"""How people, enterprises and divisions' staff are reached: sealed here, and sealed again for notifications."""

from __future__ import annotations

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import append_object
from chassis.errors import NotFound
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.contact import Contact, ContactPoints, OwnerKind
from registry.usecases import divisions
from registry.usecases.access import load_contact, load_enterprise, load_person


def put_for_enterprise(
    session: Session,
    caller: Caller,
    enterprise_id: str,
    points: ContactPoints,
    cipher: PersonalDataCipher,
    clock: Clock,
) -> Contact:
    """Replaces an enterprise's contact points."""
    owner = load_enterprise(session, caller, enterprise_id, clock.today(), lock=True)
    return _put(session, caller, Contact(owner.id, OwnerKind.ENTERPRISE, owner.division), points, cipher, clock)


def put_for_person(
    session: Session, caller: Caller, person_id: str, points: ContactPoints, cipher: PersonalDataCipher, clock: Clock
) -> Contact:
    """Replaces a person's contact points."""
    owner = load_person(session, caller, person_id, clock.today(), lock=True)
    return _put(session, caller, Contact(owner.id, OwnerKind.PERSON, owner.division), points, cipher, clock)


def put_for_division(
    session: Session, caller: Caller, code: str, points: ContactPoints, cipher: PersonalDataCipher, clock: Clock
) -> Contact:
    """Replaces the contact points of a division's staff, to whom notices for the division go."""
    if not divisions.stored(session, [code]):
        raise NotFound()
    scope.require_within(session, code, caller, clock.today())
    return _put(session, caller, Contact(code, OwnerKind.DIVISION, code), points, cipher, clock)


def _put(
    session: Session, caller: Caller, fresh: Contact, points: ContactPoints, cipher: PersonalDataCipher, clock: Clock
) -> Contact:
    contact = load_contact(session, fresh.id) or fresh
    if replace(session, contact, points, cipher, clock):
        audit.record(session, caller, "contact.changed", contact.id, {}, clock)
    return contact


def enter(session: Session, contact: Contact, points: ContactPoints, cipher: PersonalDataCipher, clock: Clock) -> None:
    """Enters the contact of a new owner with these points, if there are any."""
    changed = contact.change(ContactPoints(), points, cipher.seal_contact)
    if changed:
        outbox.add(session, contact, changed, clock)
        append_object(session, contact)


def replace(
    session: Session, contact: Contact, points: ContactPoints, cipher: PersonalDataCipher, clock: Clock
) -> bool:
    """Gives a contact, stored or new, these points; False if they are what they were."""
    changed = contact.change(cipher.open_contact(contact), points, cipher.seal_contact)
    if changed is None:
        return False
    session.add(contact)
    outbox.add(session, contact, changed, clock)
    return True
