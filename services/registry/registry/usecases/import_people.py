"""Importing a list of candidates (R9, R17): people with the facts that bear on their eligibility."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load_all
from chassis.ids import new_id
from chassis.security import audit
from chassis.turns import in_turns
from chassis.unset import UNSET
from programme.callers import Caller
from registry.adapters import candidate_list
from registry.adapters.candidate_list import CandidateRow
from registry.adapters.personal_data import PersonalDataCipher
from registry.adapters.workbook import Sheet, SheetRow
from registry.domain.bilingual import Violation
from registry.domain.contact import Contact
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person, PersonFact, Stated, restate
from registry.storage import enterprise, person, person_fact
from registry.usecases.access import among, some_at_a_time, visible
from registry.usecases.entering import Batch, again_if_overtaken, batches
from registry.usecases.import_report import ImportReport, Tell, nobody
from registry.usecases.people import NotYoursToRegister, follow, stated

NO_ENTERPRISE = Violation(
    "该企业未登记或已注销，或不在您的管辖范围内。",
    "This enterprise is not registered or has been deregistered, or lies outside your division.",
)
ELSEWHERE = Violation(NotYoursToRegister.zh, NotYoursToRegister().sentence())


@dataclass(frozen=True)
class Known:
    """What the register has of the people in the sheet."""

    people: dict[str, Person]  # by ID number, locked
    employers: dict[str, Enterprise]  # by code; those that the caller may see


def import_people(
    session: Session,
    caller: Caller,
    sheet: Sheet,
    cipher: PersonalDataCipher,
    clock: Clock,
    *,
    subject: str = "people",
    tell: Tell = nobody,
) -> ImportReport:
    """Registers and updates candidates from their list; the same list again changes nothing.

    `subject` is that of the entry in the audit log. `tell` is told how many rows have been dealt with.
    """
    report = again_if_overtaken(session, lambda: _entered(session, caller, sheet.judged(), cipher, clock, tell))
    audit.record(session, caller, "people.imported", subject, report.figures(), clock)
    return report


def _entered(
    session: Session, caller: Caller, sheet: Sheet, cipher: PersonalDataCipher, clock: Clock, tell: Tell
) -> ImportReport:
    known = Known(_people(session, sheet, cipher), _employers(session, caller, sheet, clock))
    _check(session, caller, sheet, known, clock)
    report = ImportReport.of(sheet.rejections)
    with session.no_autoflush:
        for rows in batches(sorted(sheet.accepted(), key=lambda row: row[candidate_list.ID_NUMBER])):
            _upsert(session, rows, known, report, cipher, clock)
            tell(report.rows)
    return report


def _people(session: Session, sheet: Sheet, cipher: PersonalDataCipher) -> dict[str, Person]:
    numbers = {
        cipher.index(number): number for row in in_turns(sheet.rows) if (number := row.find(candidate_list.ID_NUMBER))
    }
    locked = select(Person).where(among(person.c.id_number_index, numbers)).order_by(person.c.id).with_for_update()
    return {numbers[found.id_number_index]: found for found in in_turns(some_at_a_time(session, locked))}


def _employers(session: Session, caller: Caller, sheet: Sheet, clock: Clock) -> dict[str, Enterprise]:
    of_the_codes = among(enterprise.c.uscc, (row.find(candidate_list.USCC) for row in sheet.rows))
    standing = enterprise.c.deregistered_on.is_(None)
    wanted = select(Enterprise).where(of_the_codes, standing, visible(enterprise, caller, clock.today()))
    return {found.uscc: found for found in in_turns(some_at_a_time(session, wanted))}


def _check(session: Session, caller: Caller, sheet: Sheet, known: Known, clock: Clock) -> None:
    """Rejects the rows whose enterprise, or whose person, the caller has no business with."""
    of_the_list = among(person.c.id, (found.id for found in known.people.values()))
    seen = select(person.c.id).where(of_the_list, visible(person, caller, clock.today()))
    within = set(in_turns(some_at_a_time(session, seen)))
    for row in in_turns(sheet.rows):
        code = row.find(candidate_list.USCC)
        if code is not None and code not in known.employers:
            sheet.reject(row.number, candidate_list.USCC, NO_ENTERPRISE)
        existing = known.people.get(row.find(candidate_list.ID_NUMBER) or "")
        if existing and existing.id not in within:
            sheet.reject(row.number, candidate_list.ID_NUMBER, ELSEWHERE)


def _upsert(
    session: Session,
    rows: Sequence[SheetRow],
    known: Known,
    report: ImportReport,
    cipher: PersonalDataCipher,
    clock: Clock,
) -> None:
    """Registers or updates the people of some rows."""
    registered = [known.people[number].id for row in rows if (number := row[candidate_list.ID_NUMBER]) in known.people]
    stored, facts = load_all(session, Contact, registered), _facts(session, registered)
    batch = Batch(cipher)
    for row in in_turns(rows):
        candidate, existing = candidate_list.candidate_of(row), known.people.get(row[candidate_list.ID_NUMBER])
        employer = known.employers[candidate.uscc]
        if existing is None:
            owner, changed = _register(batch, candidate, employer, cipher, clock), True
        else:
            owner, changed = existing, _change(session, batch, existing, facts, candidate, employer, clock)
        contact_changed = batch.reach(owner, stored.get(owner.id), partial(candidate_list.contact_of, row))
        report.count(existing is not None, changed or contact_changed)
    batch.write(session, clock)


def _facts(session: Session, person_ids: list[str]) -> dict[str, list[PersonFact]]:
    facts: dict[str, list[PersonFact]] = defaultdict(list)
    if not person_ids:
        return facts
    wanted = select(PersonFact).where(among(person_fact.c.person_id, person_ids)).order_by(person_fact.c.id)
    for fact in session.scalars(wanted):
        facts[fact.person_id].append(fact)
    return facts


def _change(
    session: Session,
    batch: Batch,
    existing: Person,
    facts: Mapping[str, list[PersonFact]],
    row: CandidateRow,
    employer: Enterprise,
    clock: Clock,
) -> bool:
    """Takes over what differs of a person; False if nothing does."""
    touched = restate(existing.id, facts[existing.id], _stated(row), clock.today())
    _add_new(batch, touched)
    changed = existing.change(_changes(row, employer), bool(touched), clock.today())
    if changed is None:
        return False
    batch.announce(existing, changed)
    follow(session, existing)
    return True


def _register(
    batch: Batch, row: CandidateRow, employer: Enterprise, cipher: PersonalDataCipher, clock: Clock
) -> Person:
    sealed, index = cipher.seal_id_number(row.id_number)
    registered_person, registered = Person.register(
        new_id(),
        name=row.name,
        division=employer.division,
        enterprise_id=employer.id,
        id_number=sealed,
        id_number_index=index,
        degree=None if row.degree is UNSET else row.degree,
        on=clock.today(),
    )
    batch.add(registered_person)
    batch.announce(registered_person, registered)
    _add_new(batch, restate(registered_person.id, [], _stated(row), clock.today()))
    return registered_person


def _add_new(batch: Batch, touched: Iterable[PersonFact]) -> None:
    """Enters those that are not there yet; the session knows of the others."""
    for fact in touched:
        if fact.id is None:
            batch.add(fact)


def _stated(row: CandidateRow) -> Stated:
    return stated(row.quality_years, row.title, row.declaration)


def _changes(row: CandidateRow, employer: Enterprise) -> dict[str, object]:
    changes: dict[str, object] = {
        "name": row.name,
        "enterprise_id": employer.id,
        "division": employer.division,
    }
    return changes if row.degree is UNSET else {**changes, "degree": row.degree}
