"""Entering people in the exclusion list (R30), and ending that; and what it does to who is in the pool or in office.

Whoever is excluded leaves the pool, and their appointment is suspended or ended by the rule set: at once, or by a due
row on the day on which it begins. The day after its last day gives back what nothing else stands in the way of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import load
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from registry import storage
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.exclusion import Exclusion
from registry.domain.person import Person
from registry.usecases.access import certificates_of, exclusions_of, in_office, load_person, person_by_number
from registry.usecases.end_appointment import end_for_exclusion
from registry.usecases.standing import restand

TURN = "exclusion.turn"
LOCKED_OF_INDEX = select(Person).where(storage.person.c.id_number_index == bindparam("index")).with_for_update()


@dataclass(frozen=True, kw_only=True)
class Exclude:
    """Exclude a person, named by `person_id` or, if not registered (yet), by `id_number`: one of the two."""

    person_id: str | None = None
    id_number: str | None = None
    reason: str
    document: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class LiftExclusion:
    """End an exclusion with a day, by a document."""

    on: date
    document: str


def exclude(session: Session, caller: Caller, command: Exclude, cipher: PersonalDataCipher, clock: Clock) -> Exclusion:
    """Enters a person in the list."""
    return enter(session, caller, _index(session, caller, command, cipher, clock.today()), command, clock)


def enter(session: Session, caller: Caller, index: str, command: Exclude, clock: Clock) -> Exclusion:
    """Enters whoever has an ID number of this index; the caller holds the lock on the person, if there is one."""
    entry = Exclusion(
        id=new_id(),
        id_number_index=index,
        reason=command.reason,
        document=command.document,
        valid_from=command.valid_from,
        recorded_on=clock.today(),
        valid_to=command.valid_to,
    )
    session.add(entry)
    audit.record(session, caller, "exclusion.entered", entry.id, {"document": entry.document}, clock)
    _plan(session, entry, clock.today())
    session.flush()
    _take_effect(session, entry, clock, begins=entry.holds_on(clock.today()))
    return entry


def _index(session: Session, caller: Caller, command: Exclude, cipher: PersonalDataCipher, on: date) -> str:
    if command.id_number is not None:
        index = cipher.index(command.id_number)
        # An entry holds wherever the person is registered, now or later. So below the province it is for the bureau
        # that the person belongs to; whether the number is registered elsewhere or nowhere, the answer is the same.
        if not scope.sees_whole_province(caller):
            person_by_number(session, caller, index, on)
        return index
    assert command.person_id is not None, "the schema asks for one of the two"
    return load_person(session, caller, command.person_id, on, lock=True).id_number_index


def lift(session: Session, caller: Caller, exclusion_id: str, command: LiftExclusion, clock: Clock) -> Exclusion:
    """Ends an exclusion with a day, by a document; the term that it had stays on record."""
    scope.require_whole_province(caller)
    entry = load(session, Exclusion, exclusion_id, lock=True)
    term = entry.valid_to.isoformat() if entry.valid_to else None
    entry.lift(command.on, command.document)
    details = {"document": command.document, "on": command.on.isoformat(), "term": term}
    audit.record(session, caller, "exclusion.lifted", entry.id, details, clock)
    due.cancel(session, entry.id)
    _plan(session, entry, clock.today())
    session.flush()
    _take_effect(session, entry, clock)
    return entry


def exclusions_turn(session: Session, exclusion_ids: Iterable[str], clock: Clock) -> None:
    """Does what these exclusions do on the day that has come: they begin to hold, or hold no longer."""
    for exclusion_id in sorted(exclusion_ids):
        entry = load(session, Exclusion, exclusion_id)
        _take_effect(session, entry, clock, begins=entry.holds_on(clock.today()))


def _plan(session: Session, entry: Exclusion, today: date) -> None:
    for day in entry.turns():
        if day > today:
            due.plan(session, TURN, entry.id, f"{entry.id}:{day}", day, {"exclusion_id": entry.id})


def _take_effect(session: Session, entry: Exclusion, clock: Clock, *, begins: bool = False) -> None:
    """Brings the person, if they are registered, to what all their exclusions and certificates give today.

    `begins`: it holds from today on, or was entered for a day before. It holds on one of the days on which it turns
    only if that is its first.
    """
    person = session.scalars(LOCKED_OF_INDEX, {"index": entry.id_number_index}).one_or_none()
    if person is None:
        return
    if begins:
        held = exists().where(storage.appointment.c.person_id == person.id, in_office(clock.today()))
        event = entry.begin(person.id, bool(session.scalar(select(held))), clock.today())
        outbox.add(session, person, event, clock)
    end_for_exclusion(session, person.id, entry, clock)
    exclusions, facts = exclusions_of(session, person), certificates_of(session, person.id)
    restand(session, person, facts, exclusions, clock.today(), clock)
