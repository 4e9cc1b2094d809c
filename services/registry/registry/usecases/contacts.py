"""How people, enterprises and divisions' staff are reached: sealed here, and sealed again for notifications."""

from __future__ import annotations

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from registry.domain.contact import Contact
from registry.sealing import Vault
from registry.usecases import divisions
from registry.usecases.access import load_contact, load_enterprise, load_person


def replace(
    session: Session,
    owner: Contact | None,
    fresh: Contact,
    phone: str | None,
    email: str | None,
    vault: Vault,
    clock: Clock,
) -> bool:
    """Gives `owner` (or `fresh`, if it had no contact) these points; False if they are what they were."""
    contact = owner or fresh
    if vault.open_contact(contact.id, contact.phone, contact.email) == (phone, email):
        return False
    if owner is None:
        session.add(contact)
    sealed = vault.seal_contact(contact.id, phone, email)
    outbox.add(session, contact, contact.change(sealed.phone, sealed.email, sealed.jwe), clock)
    return True


def _put(
    session: Session, caller: Caller, owner: Contact, points: dict[str, str | None], vault: Vault, clock: Clock
) -> Contact:
    kept = load_contact(session, owner.id)
    if replace(session, kept, owner, points.get("phone"), points.get("email"), vault, clock):
        audit.record(session, caller, "contact.changed", f"{owner.owner_kind}:{owner.id}", {}, clock)
    return kept or owner


def put_for_enterprise(
    session: Session, caller: Caller, enterprise_id: str, points: dict[str, str | None], vault: Vault, clock: Clock
) -> Contact:
    """Replaces an enterprise's contact points."""
    owner = load_enterprise(session, caller, enterprise_id, clock.today(), lock=True)
    return _put(session, caller, Contact(owner.id, "enterprise", owner.division), points, vault, clock)


def put_for_person(
    session: Session, caller: Caller, person_id: str, points: dict[str, str | None], vault: Vault, clock: Clock
) -> Contact:
    """Replaces a person's contact points."""
    owner = load_person(session, caller, person_id, clock.today(), lock=True)
    return _put(session, caller, Contact(owner.id, "person", owner.division), points, vault, clock)


def put_for_division(
    session: Session, caller: Caller, code: str, points: dict[str, str | None], vault: Vault, clock: Clock
) -> Contact:
    """Replaces the contact points of a division's staff, to whom notices for the division go."""
    if not divisions.stored(session, [code]):
        raise NotFound()
    scope.require_within(session, code, caller, clock.today())
    return _put(session, caller, Contact(code, "division", code), points, vault, clock)
