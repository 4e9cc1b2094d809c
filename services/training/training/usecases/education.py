"""The ledger of continuing education (R34, R58)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import InvalidInput
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from training import storage
from training.domain.education import EducationEntry, EducationYear, YearTaken, year_id
from training.domain.parties import UnknownHere
from training.domain.rules import Rules
from training.usecases import parties


@dataclass(frozen=True)
class HoursTaken:
    """Hours that a person took in a year, and the document that shows it."""

    person_id: str
    year: int
    hours: float
    document: str


@dataclass(frozen=True)
class RecordEducation:
    """Hours of continuing education, for the ledger."""

    items: Sequence[HoursTaken]


@dataclass(frozen=True)
class Recorded:
    """How many entries were new, and how many had been made before."""

    recorded: int
    unchanged: int


def record(session: Session, caller: Caller, command: RecordEducation, clock: Clock) -> Recorded:
    """Enters hours taken, each with its document, all or none; an entry made before is not counted again."""
    today = clock.today()
    people = parties.people_by_id(session, [item.person_id for item in command.items], caller, today)
    faults = [
        {"pointer": f"/items/{index}", "reason": UnknownHere().sentence()}
        for index, item in enumerate(command.items)
        if item.person_id not in people
    ]
    if faults:
        raise InvalidInput(faults)
    entries = [EducationEntry(item.person_id, item.year, item.hours, item.document, on=today) for item in command.items]
    recorded = enter(session, entries, {person.id: person.division for person in people.values()}, clock)
    details = {"recorded": recorded, "of": len(entries)}
    audit.record(session, caller, "education.recorded", "batch", details, clock)
    return Recorded(recorded, len(entries) - recorded)


def enter(session: Session, entries: Sequence[EducationEntry], divisions: Mapping[str, str], clock: Clock) -> int:
    """Adds the entries to their people's years; returns how many were new: a person's document counts once a year.

    `divisions` has the division of each person.
    """
    years = _locked_years(session, entries, divisions)
    known = _known_documents(session, entries)
    required = {year: required_hours(session, year) for year in {entry.year for entry in entries}}
    recorded = 0
    for entry in entries:
        document = (entry.person_id, entry.year, entry.document)
        if document not in known:
            known.add(document)
            session.add(entry)
            year = years[year_id(entry.person_id, entry.year)]
            year.division = divisions[entry.person_id]
            outbox.add(session, year, year.record(entry.hours, required[entry.year], entry.on), clock)
            recorded += 1
    return recorded


def required_hours(session: Session, year: int) -> float:
    """The hours that a year asks for: by the rule set that holds at its end, when it is judged."""
    return rulesets.rules_on(session, date(year, 12, 31), Rules).continuing_hours


def hours(session: Session, person_id: str, year: int) -> float:
    """The hours a person has taken in a year."""
    ledger = session.get(EducationYear, year_id(person_id, year))
    return ledger.total_hours if ledger else 0.0


def years_taken(session: Session, person_id: str, years: Sequence[int]) -> list[YearTaken]:
    """What a person has done for each of these years, by the rules of each."""
    return [YearTaken(year, hours(session, person_id, year), required_hours(session, year)) for year in years]


def _known_documents(session: Session, entries: Sequence[EducationEntry]) -> set[tuple[str, int, str]]:
    """The documents already entered of these people and years, as (person, year, document)."""
    column = storage.education_entry.c
    rows = session.execute(
        select(column.person_id, column.year, column.document).where(
            column.person_id.in_({entry.person_id for entry in entries}),
            column.year.in_({entry.year for entry in entries}),
        )
    )
    return {(row.person_id, row.year, row.document) for row in rows}


def _locked_years(
    session: Session, entries: Sequence[EducationEntry], divisions: Mapping[str, str]
) -> dict[str, EducationYear]:
    """The years that the entries belong to, made where they are missing."""
    # Made and locked in the order of their keys, so that two callers can't wait for each other's rows.
    keys = sorted({(year_id(entry.person_id, entry.year), entry.person_id, entry.year) for entry in entries})
    if not keys:
        return {}
    new = [
        {"id": key, "person_id": person, "year": year, "division": divisions[person], "total_hours": 0, "version": 0}
        for key, person, year in keys
    ]
    session.execute(insert(storage.education_year).on_conflict_do_nothing(), new)
    column = storage.education_year.c.id
    wanted = select(EducationYear).where(column.in_([key for key, *_ in keys])).order_by(column)
    locked = session.scalars(wanted.with_for_update().execution_options(populate_existing=True))
    return {year.id: year for year in locked}
