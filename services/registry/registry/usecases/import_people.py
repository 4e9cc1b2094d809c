"""Importing a list of candidates (R9, R17): people with the facts that bear on their eligibility."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from chassis.unset import UNSET
from programme.callers import Caller
from registry.adapters import candidate_list
from registry.adapters.candidate_list import CandidateRow
from registry.adapters.personal_data import PersonalDataCipher
from registry.adapters.workbook import Sheet
from registry.adapters.yielding import in_turns
from registry.domain.bilingual import Violation
from registry.domain.contact import Contact, OwnerKind
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person, PersonFact, Stated, restate
from registry.storage import enterprise, person, person_fact
from registry.usecases import contacts
from registry.usecases.access import locked_contacts, visible
from registry.usecases.entering import again_if_overtaken, batches
from registry.usecases.import_report import ImportReport
from registry.usecases.people import NotYoursToRegister, follow, stated

NO_ENTERPRISE = Violation(
    "该企业未登记，或不在您的管辖范围内。", "This enterprise is not registered, or lies outside your division."
)
ELSEWHERE = Violation(NotYoursToRegister.zh, NotYoursToRegister().sentence())


@dataclass(frozen=True)
class Known:
    """What the register has of the people in the sheet."""

    people: dict[str, Person]  # by ID number, locked
    employers: dict[str, Enterprise]  # by code; those that the caller may see


@dataclass(frozen=True)
class Upserted:
    """The person of a row, whether they had been registered, whether anything was announced, and the facts touched."""

    person: Person
    existed: bool
    changed: bool
    touched: list[PersonFact]


def import_people(
    session: Session, caller: Caller, sheet: Sheet, cipher: PersonalDataCipher, clock: Clock
) -> ImportReport:
    """Registers and updates candidates from their list; the same list again changes nothing."""
    report = again_if_overtaken(session, lambda: _entered(session, caller, sheet.judged(), cipher, clock))
    audit.record(session, caller, "people.imported", "people", report.figures(), clock)
    return report


def _entered(session: Session, caller: Caller, sheet: Sheet, cipher: PersonalDataCipher, clock: Clock) -> ImportReport:
    known = Known(_people(session, sheet, cipher), _employers(session, caller, sheet, clock))
    _check(session, caller, sheet, known, clock)
    report = ImportReport.of(sheet.rejections)
    with session.no_autoflush:
        _upsert_rows(session, sheet, known, report, cipher, clock)
    return report


def _people(session: Session, sheet: Sheet, cipher: PersonalDataCipher) -> dict[str, Person]:
    numbers = {
        cipher.index(number): number for row in in_turns(sheet.rows) if (number := row.find(candidate_list.ID_NUMBER))
    }
    locked = select(Person).where(person.c.id_number_index.in_(sorted(numbers))).order_by(person.c.id).with_for_update()
    return {numbers[found.id_number_index]: found for found in in_turns(session.scalars(locked))}


def _employers(session: Session, caller: Caller, sheet: Sheet, clock: Clock) -> dict[str, Enterprise]:
    codes = {code for row in sheet.rows if (code := row.find(candidate_list.USCC))}
    wanted = select(Enterprise).where(enterprise.c.uscc.in_(codes), visible(enterprise, caller, clock.today()))
    return {found.uscc: found for found in session.scalars(wanted)}


def _check(session: Session, caller: Caller, sheet: Sheet, known: Known, clock: Clock) -> None:
    """Rejects the rows whose enterprise, or whose person, the caller has no business with."""
    ids = [found.id for found in known.people.values()]
    within = set(
        session.scalars(select(person.c.id).where(person.c.id.in_(ids), visible(person, caller, clock.today())))
    )
    for row in in_turns(sheet.rows):
        code = row.find(candidate_list.USCC)
        if code is not None and code not in known.employers:
            sheet.reject(row.number, candidate_list.USCC, NO_ENTERPRISE)
        existing = known.people.get(row.find(candidate_list.ID_NUMBER) or "")
        if existing and existing.id not in within:
            sheet.reject(row.number, candidate_list.ID_NUMBER, ELSEWHERE)


def _upsert_rows(
    session: Session, sheet: Sheet, known: Known, report: ImportReport, cipher: PersonalDataCipher, clock: Clock
) -> None:
    ids = [found.id for found in known.people.values()]
    stored_contacts, facts = locked_contacts(session, ids), _facts(session, ids)
    for batch in batches(sorted(sheet.accepted(), key=lambda row: row[candidate_list.ID_NUMBER])):
        upserted = [
            (_upsert_one(session, candidate_list.candidate_of(row), known, facts, cipher, clock), row)
            for row in in_turns(batch)
        ]
        session.flush()  # The facts refer to the people, whose rows have to be there first.
        session.add_all(fact for done, _ in upserted for fact in done.touched)
        for done, row in in_turns(upserted):
            owner = done.person
            contact = stored_contacts.get(owner.id) or Contact(owner.id, OwnerKind.PERSON, owner.division)
            contact_changed = contacts.replace(session, contact, candidate_list.contact_of(row), cipher, clock)
            report.count(done.existed, done.changed or contact_changed)
        session.flush()


def _facts(session: Session, person_ids: list[str]) -> dict[str, list[PersonFact]]:
    facts: dict[str, list[PersonFact]] = defaultdict(list)
    wanted = select(PersonFact).where(person_fact.c.person_id.in_(person_ids)).order_by(person_fact.c.id)
    for fact in in_turns(session.scalars(wanted)):
        facts[fact.person_id].append(fact)
    return facts


def _upsert_one(
    session: Session,
    row: CandidateRow,
    known: Known,
    facts: dict[str, list[PersonFact]],
    cipher: PersonalDataCipher,
    clock: Clock,
) -> Upserted:
    existing = known.people.get(row.id_number)
    employer = known.employers[row.uscc]
    if existing is None:
        return _register(session, row, employer, cipher, clock)
    touched = restate(existing.id, facts[existing.id], _stated(row), clock.today())
    changed = existing.change(_changes(row, employer), bool(touched), clock.today())
    if changed:
        outbox.add(session, existing, changed, clock)
        follow(session, existing)
    return Upserted(existing, True, changed is not None, touched)


def _register(
    session: Session, row: CandidateRow, employer: Enterprise, cipher: PersonalDataCipher, clock: Clock
) -> Upserted:
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
    session.add(registered_person)
    outbox.add(session, registered_person, registered, clock)
    touched = restate(registered_person.id, [], _stated(row), clock.today())
    return Upserted(registered_person, False, True, touched)


def _stated(row: CandidateRow) -> Stated:
    return stated(row.quality_years, row.title, row.declaration)


def _changes(row: CandidateRow, employer: Enterprise) -> dict[str, object]:
    changes: dict[str, object] = {
        "name": row.name,
        "enterprise_id": employer.id,
        "division": employer.division,
    }
    return changes if row.degree is UNSET else {**changes, "degree": row.degree}
