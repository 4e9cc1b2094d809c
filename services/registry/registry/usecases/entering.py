"""Entering rows whose code may stand once: the unique index decides, so that nobody waits for another's list.

A rival who enters the same code first makes the insert fail when they commit. Rows go in by the order of their codes,
so that two lists with the same codes wait for one another in one order only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import insert_all, sqlstate, update_all
from chassis.errors import CqoError
from chassis.messaging import outbox
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.contact import Contact, ContactPoints, OwnerKind
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person, PersonFact

UNIQUE_VIOLATION = "23505"
TRIES = 3
# What a list enters, each after what it refers to.
ENTERED = (Enterprise, Person, PersonFact, Contact)
OWNER_KINDS = {Enterprise: OwnerKind.ENTERPRISE, Person: OwnerKind.PERSON}
BATCH = 250  # rows that go to the database together; others go on between two batches

ResultT = TypeVar("ResultT")
ItemT = TypeVar("ItemT")


class Batch:
    """What is to be written of some rows of a list, by a few statements for all of them."""

    def __init__(self, cipher: PersonalDataCipher) -> None:
        self.open_contact, self.seal_contact = cipher.open_contact, cipher.for_many()
        self.announced: list[tuple[outbox.Aggregate, outbox.Event]] = []
        self.new: dict[type, list[object]] = {kind: [] for kind in ENTERED}
        self.changed_contacts: list[Contact] = []

    def add(self, new: Enterprise | Person | PersonFact | Contact) -> None:
        """Enters a new object."""
        self.new[type(new)].append(new)

    def announce(self, aggregate: outbox.Aggregate, event: outbox.Event) -> None:
        """Announces what became of an aggregate."""
        self.announced.append((aggregate, event))

    def reach(
        self, owner: Enterprise | Person, stored: Contact | None, points: Callable[[ContactPoints], ContactPoints]
    ) -> bool:
        """Gives the owner, of whom `stored` is kept, what `points` makes of the present ones; False if they stay."""
        contact = stored or Contact(owner.id, OWNER_KINDS[type(owner)], owner.division)
        contact.division = owner.division
        present = self.open_contact(contact)
        changed = contact.change(present, points(present), self.seal_contact)
        if changed is None:
            return False
        self.announce(contact, changed)
        (self.changed_contacts if stored else self.new[Contact]).append(contact)
        return True

    def write(self, session: Session, clock: Clock) -> None:
        """Writes it all, with what was changed in the session."""
        outbox.add_all(session, self.announced, clock)  # first, since it gives the aggregates their versions
        session.flush()
        update_all(session, self.changed_contacts, "division", "phone", "email", "version")
        for objects in self.new.values():
            insert_all(session, objects)


def flush_new(session: Session, taken: type[CqoError]) -> None:
    """Sends what was added; `taken` if a rival has entered the same code meanwhile."""
    try:
        session.flush()
    except IntegrityError as fault:
        if sqlstate(fault) != UNIQUE_VIOLATION:
            raise
        raise taken() from fault


def again_if_overtaken(session: Session, work: Callable[[], ResultT]) -> ResultT:
    """What `work` gives; from the start, with what a rival has entered meanwhile in sight, if it met one."""
    for _ in range(TRIES - 1):
        try:
            with session.begin_nested():
                return work()
        except IntegrityError as fault:
            if sqlstate(fault) != UNIQUE_VIOLATION:
                raise
    return work()


def batches(items: Iterable[ItemT]) -> Iterator[list[ItemT]]:
    """The items, some at a time."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
