"""Entering people in the exclusion list (R30), and ending that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.ids import new_id
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.exclusion import Exclusion
from registry.usecases.access import load_person, person_by_number


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
    entry = Exclusion(
        id=new_id(),
        id_number_index=_index(session, caller, command, cipher, clock.today()),
        reason=command.reason,
        document=command.document,
        valid_from=command.valid_from,
        recorded_on=clock.today(),
        valid_to=command.valid_to,
    )
    session.add(entry)
    audit.record(session, caller, "exclusion.entered", entry.id, {"document": entry.document}, clock)
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
    entry = load(session, Exclusion, exclusion_id, lock=True)
    term = entry.valid_to.isoformat() if entry.valid_to else None
    entry.lift(command.on, command.document)
    details = {"document": command.document, "on": command.on.isoformat(), "term": term}
    audit.record(session, caller, "exclusion.lifted", entry.id, details, clock)
    return entry
