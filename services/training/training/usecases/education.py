"""The ledger of continuing education (R34, R58): hours are entered, corrected, and measured by each year's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import InvalidInput, NotFound
from chassis.json_types import JsonObject
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from training import storage
from training.domain.education import (
    CLASS,
    EducationEntry,
    EducationYear,
    Ledger,
    UnknownKind,
    YearRules,
    YearTaken,
    year_id,
)
from training.domain.parties import UnknownHere
from training.usecases import ledger, parties


@dataclass(frozen=True)
class HoursTaken:
    """Hours of a kind that a person took in a year, and the document that shows it."""

    person_id: str
    year: int
    hours: float
    document: str
    kind: str = CLASS
    evidence: str | None = None


@dataclass(frozen=True)
class RecordEducation:
    """Hours of continuing education, for the ledger."""

    items: Sequence[HoursTaken]


@dataclass(frozen=True)
class Exempt:
    """Why somebody need not take a year's hours, and on which document."""

    reason: str
    document: str


@dataclass(frozen=True)
class Recorded:
    """How many entries were new, and how many had been made before."""

    recorded: int
    unchanged: int


def record(session: Session, caller: Caller, command: RecordEducation, clock: Clock) -> Recorded:
    """Enters hours taken, each with its document, all or none; an entry made before is not counted again."""
    today = clock.today()
    people = parties.people_by_id(session, [item.person_id for item in command.items], caller, today)
    rules = ledger.rules_of(session, {item.year for item in command.items})
    faults = [fault for index, item in enumerate(command.items) for fault in _faults(index, item, people, rules)]
    if faults:
        raise InvalidInput(faults)
    entries = [
        EducationEntry(item.person_id, item.year, item.hours, item.document, today, item.kind, item.evidence)
        for item in command.items
    ]
    recorded = enter(session, entries, {person.id: person.division for person in people.values()}, clock)
    details = {"recorded": recorded, "of": len(entries)}
    audit.record(session, caller, "education.recorded", "batch", details, clock)
    return Recorded(recorded, len(entries) - recorded)


def _faults(
    index: int, item: HoursTaken, people: Mapping[str, object], rules: Mapping[int, YearRules]
) -> list[JsonObject]:
    faults = list[JsonObject]()
    if item.person_id not in people:
        faults.append({"pointer": f"/items/{index}", "reason": UnknownHere().sentence()})
    kinds = rules[item.year].caps
    if item.kind not in kinds:
        reason = UnknownKind().sentence()
        faults.append({"pointer": f"/items/{index}/kind", "reason": reason, "kinds": sorted(kinds)})
    return faults


def exempt(session: Session, caller: Caller, person_id: str, year: int, command: Exempt, clock: Clock) -> EducationYear:
    """Asks for no hours of somebody in a year, for a reason, on a document."""
    today = clock.today()
    person = parties.people_by_id(session, [person_id], caller, today).get(person_id)
    if person is None or year not in ledger.YEARS:
        raise NotFound()
    known = ledger.lock(session, [(person_id, year)], {person_id: person.division})
    of_year = known.years[year_id(person_id, year)]
    before = _next(known, person_id, year)
    of_year.exempt(command.reason, command.document)
    _announce(session, known, of_year, 0.0, None, before, clock)
    details: JsonObject = {"reason": command.reason, "document": command.document}
    audit.record(session, caller, "education.exempted", of_year.id, details, clock)
    return of_year


def enter(session: Session, entries: Sequence[EducationEntry], divisions: Mapping[str, str], clock: Clock) -> int:
    """Adds the entries to their people's years; returns how many were new: a person's document counts once a year.

    `divisions` has the division of each person.
    """
    if not entries:
        return 0
    known = ledger.lock(session, {(entry.person_id, entry.year) for entry in entries}, divisions)
    documents = _known_documents(session, entries)
    recorded = 0
    for entry in entries:
        document = (entry.person_id, entry.year, entry.document)
        if document not in documents:
            documents.add(document)
            session.add(entry)
            year = known.years[year_id(entry.person_id, entry.year)]
            year.division = divisions[entry.person_id]
            before = _next(known, entry.person_id, entry.year)
            year.add(entry.kind, entry.hours)
            _announce(session, known, year, entry.hours, entry.kind, before, clock)
            recorded += 1
    return recorded


def _next(known: Ledger, person_id: str, year: int) -> YearTaken | None:
    """How the year after stands, where this one may hand hours on to it."""
    return known.stands(person_id, year + 1) if year_id(person_id, year + 1) in known.years else None


def _announce(
    session: Session,
    known: Ledger,
    year: EducationYear,
    hours: float,
    kind: str | None,
    before: YearTaken | None,
    clock: Clock,
) -> None:
    """Announces how a year stands after a change, and the next one where other hours go into it than `before`."""
    _announce_year(session, year, hours, kind, known.stands(year.person_id, year.year), clock)
    after = _next(known, year.person_id, year.year)
    if after is not None and after != before:
        following = known.years[year_id(year.person_id, after.year)]
        following.division = year.division
        _announce_year(session, following, 0.0, None, after, clock)


def _announce_year(
    session: Session, year: EducationYear, hours: float, kind: str | None, stands: YearTaken, clock: Clock
) -> None:
    outbox.add(session, year, year.recorded(hours, kind, stands, clock.today()), clock)
    judged = year.judge(stands, clock.today())
    if judged is not None:
        outbox.add(session, year, judged, clock)


def years_taken(session: Session, person_id: str, years: Sequence[int]) -> list[YearTaken]:
    """What a person has done for each of these years, by the rules of each."""
    known = ledger.read(session, [(person_id, year) for year in years])
    return [known.stands(person_id, year) for year in years]


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
