"""Deregistering an enterprise, merged into another or not: its appointments end, its people go on without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry import storage
from registry.domain.contact import Contact
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person
from registry.domain.talent import Talent
from registry.usecases.access import load_enterprise
from registry.usecases.end_appointment import end_with_enterprise

PEOPLE = (
    select(Person)
    .where(storage.person.c.enterprise_id == bindparam("enterprise_id"))
    .order_by(storage.person.c.id)
    .with_for_update()
)


@dataclass(frozen=True)
class Deregister:
    """End an enterprise with its last day, by a document; `successor_id` is the one that it was merged into."""

    on: date
    document: str
    successor_id: str | None = None


def deregister(session: Session, caller: Caller, enterprise_id: str, command: Deregister, clock: Clock) -> Enterprise:
    """Ends the enterprise and its appointments with that day; its people go to the successor, or to no enterprise."""
    today = clock.today()
    enterprise = load_enterprise(session, caller, enterprise_id, today, lock=True)
    successor = None
    if command.successor_id is not None:
        successor = load_enterprise(session, caller, command.successor_id, today)
    outbox.add(session, enterprise, enterprise.deregister(command.on, command.document, successor, today), clock)
    # In the order in which others lock them: people, then appointments.
    _release(session, enterprise, successor, clock)
    end_with_enterprise(session, enterprise_id, command.on, clock)
    details = {"document": command.document, "on": command.on.isoformat(), "successor_id": command.successor_id}
    audit.record(session, caller, "enterprise.deregistered", enterprise.id, details, clock)
    return enterprise


def _release(session: Session, enterprise: Enterprise, successor: Enterprise | None, clock: Clock) -> None:
    """Its people belong to the successor from now on, where that lies; without one they stay in their division."""
    moves = {"enterprise_id": successor.id if successor else None}
    if successor:
        moves["division"] = successor.division
    people = session.scalars(PEOPLE, {"enterprise_id": enterprise.id}).all()
    for person in people:
        changed = person.change(moves, False, clock.today())
        if changed:
            outbox.add(session, person, changed, clock)
    if successor is None:
        return
    ids = [person.id for person in people]
    for entity, key in ((Talent, storage.talent.c.id), (Contact, storage.contact.c.id)):
        session.execute(update(entity).where(key.in_(ids)).values(division=successor.division))
