"""Importing a list of candidates (R9, R17): people with the facts that bear on their eligibility."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry.domain.codes import Fault, email_fault, phone_fault, resident_id_fault, uscc_fault
from registry.domain.contact import Contact
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person, PersonFact, restate
from registry.sealing import Vault
from registry.storage import enterprise, person, person_fact
from registry.usecases.access import one_at_a_time, visible
from registry.usecases.importing import Outcome, contacts_of, put_contact
from registry.usecases.people import STATED, follow
from registry.usecases.workbook import Column, Record, Sheet, as_checked, as_code, as_text, as_years, as_yes_no, read

COLUMNS = (
    Column("姓名", "name", as_text),
    Column("身份证号", "id_number", as_code(resident_id_fault)),
    Column("手机", "phone", as_checked(phone_fault)),
    Column("电子邮箱", "email", as_checked(email_fault)),
    Column("所在企业统一社会信用代码", "uscc", as_code(uscc_fault)),
    Column("质量工作年限", "quality_years", as_years),
    Column("技术职称", "title", as_text, required=False),
    Column("诚信承诺", "declaration", as_yes_no),
    Column("学历", "degree", as_text, required=False),
)
NO_ENTERPRISE = Fault(
    "该企业未登记，或不在您的管辖范围内。", "This enterprise is not registered, or lies outside your division."
)
ELSEWHERE = Fault("该人员已在您管辖范围以外登记。", "This person is already registered outside your division.")


def import_people(session: Session, caller: Caller, content: bytes, vault: Vault, clock: Clock) -> Outcome:
    """Registers and updates candidates from a workbook; the same workbook again changes nothing."""
    sheet = read(content, COLUMNS)
    sheet.unique("id_number")
    for record in sheet.records:
        if record.fields.get("id_number"):
            record.fields["index"] = vault.index(record.fields["id_number"])
    one_at_a_time(session, "person")
    known = _known(session, sheet)
    employers = _employers(session, caller, sheet, clock)
    _check(session, caller, sheet, known, employers, clock)
    outcome = Outcome(rejections=sorted(sheet.rejections, key=lambda rejection: rejection.row))
    # Each event is a statement of its own; without autoflush the rows beside them go in batches.
    with session.no_autoflush:
        _take(session, list(sheet.accepted()), known, employers, outcome, vault, clock)
    audit.record(session, caller, "people.imported", "people", outcome.summary(), clock)
    return outcome


def _known(session: Session, sheet: Sheet) -> dict[str, Person]:
    indexes = sorted(record.fields["index"] for record in sheet.records if "index" in record.fields)
    locked = select(Person).where(person.c.id_number_index.in_(indexes)).order_by(person.c.id).with_for_update()
    return {found.id_number_index: found for found in session.scalars(locked)}


def _employers(session: Session, caller: Caller, sheet: Sheet, clock: Clock) -> dict[str, Enterprise]:
    codes = {record.fields["uscc"] for record in sheet.records if record.fields.get("uscc")}
    wanted = select(Enterprise).where(enterprise.c.uscc.in_(codes), visible(enterprise, caller, clock.today()))
    return {found.uscc: found for found in session.scalars(wanted)}


def _check(
    session: Session,
    caller: Caller,
    sheet: Sheet,
    known: dict[str, Person],
    employers: dict[str, Enterprise],
    clock: Clock,
) -> None:
    ids = [found.id for found in known.values()]
    within = set(
        session.scalars(select(person.c.id).where(person.c.id.in_(ids), visible(person, caller, clock.today())))
    )
    for record in sheet.records:
        code = record.fields.get("uscc")
        if code is not None and code not in employers:
            sheet.reject(record.row, "uscc", NO_ENTERPRISE)
        existing = known.get(record.fields.get("index", ""))
        if existing and existing.id not in within:
            sheet.reject(record.row, "id_number", ELSEWHERE)


def _take(
    session: Session,
    records: list[Record],
    known: dict[str, Person],
    employers: dict[str, Enterprise],
    outcome: Outcome,
    vault: Vault,
    clock: Clock,
) -> None:
    ids = [found.id for found in known.values()]
    kept = contacts_of(session, ids)
    facts: dict[str, list[PersonFact]] = defaultdict(list)
    for fact in session.scalars(select(PersonFact).where(person_fact.c.person_id.in_(ids)).order_by(person_fact.c.id)):
        facts[fact.person_id].append(fact)
    landed: list[tuple[Record, Person, bool]] = []
    touched: list[PersonFact] = []
    for record in records:
        existing = known.get(record.fields["index"])
        stated = {name: record.fields[name] for name in STATED if name in record.fields}
        owner = existing or _new(record, employers, vault, clock)
        restated = restate(owner.id, facts[owner.id], stated, clock.today())
        touched += restated
        landed.append((record, owner, _land(session, owner, existing, record, employers, bool(restated), clock)))
    session.flush()
    session.add_all(touched)
    for record, owner, changed in landed:
        fresh = Contact(owner.id, "person", owner.division)
        contact_changed = put_contact(session, kept.get(owner.id), fresh, record.fields, vault, clock)
        outcome.count(owner.id_number_index in known, changed or contact_changed)


def _new(record: Record, employers: dict[str, Enterprise], vault: Vault, clock: Clock) -> Person:
    sealed, index = vault.seal_id_number(record.fields["id_number"])
    employer = employers[record.fields["uscc"]]
    fields = record.fields
    return Person(
        new_id(), fields["name"], employer.division, employer.id, sealed, index, fields.get("degree"), clock.today()
    )


def _land(
    session: Session,
    owner: Person,
    existing: Person | None,
    record: Record,
    employers: dict[str, Enterprise],
    facts_changed: bool,
    clock: Clock,
) -> bool:
    """Whether anything was announced of the row's person."""
    event: Any
    if existing is None:
        session.add(owner)
        event = owner.register(clock.today())
    else:
        employer = employers[record.fields["uscc"]]
        changes: dict[str, Any] = {name: record.fields[name] for name in ("name", "degree") if name in record.fields}
        changes |= {"enterprise_id": employer.id, "division": employer.division}
        event = owner.change(changes, facts_changed, clock.today())
    if event is None:
        return False
    outbox.add(session, owner, event, clock)
    if existing is not None:
        follow(session, owner)
    return True
