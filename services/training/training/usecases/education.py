"""The ledger of continuing education (R34, R58)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import InvalidInput
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from training import storage
from training.domain.education import EducationEntry, EducationYear, year_id
from training.domain.nomination import UnknownHere
from training.usecases.access import rules_on


def record(session: Session, caller: Caller, items: list[dict[str, Any]], clock: Clock) -> dict[str, int]:
    """Enters hours taken, each with its document, all or none; an entry made before is not counted again."""
    ids = [item["person_id"] for item in items]
    people = {row.id: row for row in session.execute(select(storage.person).where(storage.person.c.id.in_(ids)))}
    faults = [
        {"pointer": f"/items/{index}", "reason": UnknownHere().sentence()}
        for index, item in enumerate(items)
        if item["person_id"] not in people
    ]
    if faults:
        raise InvalidInput(faults)
    for division in sorted({person.division for person in people.values()}):
        scope.require_within(session, division, caller, clock.today())
    entries = [EducationEntry(**item, on=clock.today()) for item in items]
    recorded = enter(session, entries, {person.id: person.division for person in people.values()}, clock)
    audit.record(session, caller, "education.recorded", "batch", {"recorded": recorded, "of": len(items)}, clock)
    return {"recorded": recorded, "unchanged": len(items) - recorded}


def enter(session: Session, entries: list[EducationEntry], divisions: dict[str, str], clock: Clock) -> int:
    """Adds the entries to their people's years; returns how many were new: a person's document counts once a year."""
    years = _locked_years(session, entries, divisions)
    column = storage.education_entry.c
    known = {
        tuple(row)
        for row in session.execute(
            select(column.person_id, column.year, column.document).where(
                column.person_id.in_({entry.person_id for entry in entries}),
                column.year.in_({entry.year for entry in entries}),
            )
        )
    }
    required = rules_on(session, clock.today()).continuing_hours
    recorded = 0
    for entry in entries:
        paper = (entry.person_id, entry.year, entry.document)
        if paper not in known:
            known.add(paper)
            session.add(entry)
            year = years[year_id(entry.person_id, entry.year)]
            outbox.add(session, year, year.record(entry.hours, required, entry.on), clock)
            recorded += 1
    return recorded


def hours(session: Session, person_id: str, year: int) -> float:
    """The hours a person has taken in a year."""
    ledger = session.get(EducationYear, year_id(person_id, year))
    return ledger.total_hours if ledger else 0.0


def _locked_years(
    session: Session, entries: list[EducationEntry], divisions: dict[str, str]
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
