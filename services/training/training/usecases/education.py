"""The ledger of continuing education (R34, R58)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit, outbox, scope
from chassis.auth import Caller
from chassis.clock import Clock
from chassis.errors import InvalidInput
from training import storage
from training.domain.course import UnknownHere
from training.domain.education import EducationEntry, EducationYear
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
    recorded = 0
    # In the order of the keys, so that two callers can't wait for each other's rows.
    for item in sorted(items, key=lambda item: (item["person_id"], item["year"])):
        person = people[item["person_id"]]
        scope.require_within(session, person.division, caller, clock.today())
        recorded += add(session, person.id, person.division, item["year"], item["hours"], item["document"], clock)
    audit.record(session, caller, "education.recorded", "batch", {"recorded": recorded, "of": len(items)}, clock)
    return {"recorded": recorded, "unchanged": len(items) - recorded}


def add(
    session: Session, person_id: str, division: str, year: int, hours: float, document: str, clock: Clock
) -> bool:
    """Adds hours to a person's year; False if the same document has been entered before."""
    ledger = _locked_year(session, person_id, year, division)
    column = storage.education_entry.c
    same = exists().where(column.person_id == person_id, column.year == year, column.document == document)
    if session.scalar(select(same)):
        return False
    today = clock.today()
    session.add(EducationEntry(person_id, year, hours, document, today))
    outbox.add(session, ledger, ledger.record(hours, rules_on(session, today).continuing_hours, today), clock)
    return True


def hours(session: Session, person_id: str, year: int) -> float:
    """The hours a person has taken in a year."""
    ledger = session.get(EducationYear, f"{person_id}:{year}")
    return ledger.total_hours if ledger else 0.0


def _locked_year(session: Session, person_id: str, year: int, division: str) -> EducationYear:
    key = f"{person_id}:{year}"
    new = insert(storage.education_year).values(
        id=key, person_id=person_id, year=year, division=division, total_hours=0, version=0
    )
    session.execute(new.on_conflict_do_nothing())
    wanted = select(EducationYear).where(storage.education_year.c.id == key)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()
