"""Importing a county office's list of enterprises: the good rows come in, each bad one is reported with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load_all
from chassis.ids import new_id
from chassis.security import audit
from chassis.turns import in_turns
from chassis.unset import given
from programme import scope
from programme.callers import Caller
from programme.tables import division as tree
from registry import storage
from registry.adapters import enterprise_list
from registry.adapters.enterprise_list import EnterpriseRow
from registry.adapters.personal_data import PersonalDataCipher
from registry.adapters.workbook import Sheet, SheetRow
from registry.domain.bilingual import Violation
from registry.domain.contact import Contact
from registry.domain.divisions import place_violation
from registry.domain.enterprise import Enterprise, EnterpriseFacts, is_industrial
from registry.usecases import divisions, enterprises
from registry.usecases.access import among, some_at_a_time
from registry.usecases.entering import Batch, again_if_overtaken, batches
from registry.usecases.import_report import ImportReport, Tell, nobody

OUTSIDE = Violation("该区划不在您的管辖范围内。", "This division lies outside yours.")
ELSEWHERE = Violation(
    "该企业已在您管辖范围以外的区划登记。", "This enterprise is already registered in a division outside yours."
)
GONE = Violation("该企业已经注销，请从名单中删去。", "This enterprise has been deregistered; take it off the list.")
IN_THE_FUTURE = Violation("登记日期晚于今天。", "This day lies in the future.")


def import_enterprises(
    session: Session,
    caller: Caller,
    sheet: Sheet,
    cipher: PersonalDataCipher,
    clock: Clock,
    *,
    subject: str = "enterprises",
    tell: Tell = nobody,
) -> ImportReport:
    """Registers and updates enterprises from their list; the same list again changes nothing.

    `subject` is that of the entry in the audit log. `tell` is told how many rows have been dealt with.
    """
    report = again_if_overtaken(session, lambda: _entered(session, caller, sheet.judged(), cipher, clock, tell))
    audit.record(session, caller, "enterprises.imported", subject, report.figures(), clock)
    return report


def _entered(
    session: Session, caller: Caller, sheet: Sheet, cipher: PersonalDataCipher, clock: Clock, tell: Tell
) -> ImportReport:
    known = _known(session, sheet)
    _check(session, caller, sheet, known, clock)
    report = ImportReport.of(sheet.rejections)
    with session.no_autoflush:
        for rows in batches(sorted(sheet.accepted(), key=lambda row: row[enterprise_list.USCC])):
            _upsert(session, rows, known, report, cipher, clock)
            tell(report.rows)
    return report


def _known(session: Session, sheet: Sheet) -> dict[str, Enterprise]:
    """The sheet's enterprises that are registered already, locked, by code."""
    enterprise = storage.enterprise.c
    of_the_codes = among(enterprise.uscc, (row.find(enterprise_list.USCC) for row in sheet.rows))
    locked = select(Enterprise).where(of_the_codes).order_by(enterprise.id).with_for_update()
    return {found.uscc: found for found in in_turns(some_at_a_time(session, locked))}


def _check(session: Session, caller: Caller, sheet: Sheet, known: dict[str, Enterprise], clock: Clock) -> None:
    """Rejects the rows that the register, the day or the caller's division speaks against."""
    today = clock.today()
    within = set(session.scalars(select(tree.c.code).where(scope.within(tree.c.code, caller, today))))
    placements = divisions.stored(session)
    for row in in_turns(sheet.rows):
        code = row.find(enterprise_list.DIVISION)
        if code is not None:
            violation = place_violation(placements.get(code, []), code, today)
            if violation is None and code not in within:
                violation = OUTSIDE
            if violation:
                sheet.reject(row.number, enterprise_list.DIVISION, violation)
        registered_on = row.find(enterprise_list.REGISTERED_ON)
        if registered_on is not None and registered_on > today:
            sheet.reject(row.number, enterprise_list.REGISTERED_ON, IN_THE_FUTURE)
        industry = row.find(enterprise_list.INDUSTRY)
        if industry is not None and row.find(enterprise_list.ABOVE_THRESHOLD) and not is_industrial(industry):
            sheet.reject(row.number, enterprise_list.ABOVE_THRESHOLD, _not_industrial(industry))
        existing = known.get(row.find(enterprise_list.USCC) or "")
        if existing and existing.division not in within:
            sheet.reject(row.number, enterprise_list.USCC, ELSEWHERE)
        elif existing and existing.deregistered_on is not None:
            sheet.reject(row.number, enterprise_list.USCC, GONE)


def _not_industrial(industry: str) -> Violation:
    return Violation(
        f"行业代码 {industry} 不属于工业（门类 B、C、D），不能填“是”。",
        f"{industry} is not an industry of sections B, C and D, so this can't be yes.",
    )


def _upsert(
    session: Session,
    rows: Sequence[SheetRow],
    known: Mapping[str, Enterprise],
    report: ImportReport,
    cipher: PersonalDataCipher,
    clock: Clock,
) -> None:
    """Registers or updates the enterprises of some rows."""
    registered = [known[code].id for row in rows if (code := row[enterprise_list.USCC]) in known]
    contacts = load_all(session, Contact, registered)
    batch = Batch(cipher)
    for row in in_turns(rows):
        facts, existing = enterprise_list.enterprise_of(row), known.get(row[enterprise_list.USCC])
        if existing is None:
            enterprise, changed = _register(batch, facts, clock), True
        else:
            enterprise, changed = existing, enterprises.apply_changes(session, existing, given(facts), clock)
        points = partial(enterprise_list.contact_of, row)
        contact_changed = batch.reach(enterprise, contacts.get(enterprise.id), points)
        report.count(existing is not None, changed or contact_changed)
    batch.write(session, clock)


def _register(batch: Batch, facts: EnterpriseRow, clock: Clock) -> Enterprise:
    enterprise, registered = Enterprise.register(new_id(), EnterpriseFacts(**given(facts)), clock.today())
    batch.add(enterprise)
    batch.announce(enterprise, registered)
    return enterprise
