"""Importing a county office's list of enterprises: the good rows land, each bad one is told with its place."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from registry import storage
from registry.domain.codes import Fault, email_fault, industry_fault, phone_fault, uscc_fault
from registry.domain.contact import Contact
from registry.domain.divisions import place_fault
from registry.domain.enterprise import Enterprise
from registry.sealing import Vault
from registry.usecases import divisions
from registry.usecases.access import one_at_a_time
from registry.usecases.enterprises import move_along
from registry.usecases.importing import Outcome, contacts_of, put_contact
from registry.usecases.workbook import Column, Record, Sheet, as_checked, as_code, as_day, as_text, as_yes_no, read

COLUMNS = (
    Column("统一社会信用代码", "uscc", as_code(uscc_fault)),
    Column("企业名称", "name", as_text),
    Column("所属区划代码", "division", as_text),
    Column("行业代码", "industry", as_code(industry_fault)),
    Column("是否规模以上", "above_threshold", as_yes_no),
    Column("省质量管理奖", "award_contender", as_yes_no),
    Column("吉林名牌", "brand_contender", as_yes_no),
    Column("法定代表人", "legal_representative", as_text),
    Column("主要负责人", "responsible_person", as_text, required=False),
    Column("联系电话", "phone", as_checked(phone_fault)),
    Column("电子邮箱", "email", as_checked(email_fault)),
    Column("登记日期", "registered_on", as_day),
)
CONTACT_FIELDS = ("phone", "email")
OUTSIDE = Fault("该区划不在您的管辖范围内。", "This division lies outside yours.")
ELSEWHERE = Fault(
    "该企业已在您管辖范围以外的区划登记。", "This enterprise is already registered in a division outside yours."
)


def import_enterprises(session: Session, caller: Caller, content: bytes, vault: Vault, clock: Clock) -> Outcome:
    """Registers and updates enterprises from a workbook; the same workbook again changes nothing."""
    today = clock.today()
    sheet = read(content, COLUMNS)
    sheet.unique("uscc")
    within = set(
        session.scalars(select(scope.division.c.code).where(scope.within(scope.division.c.code, caller, today)))
    )
    one_at_a_time(session, "enterprise")
    known = _known(session, sheet)
    _check(session, sheet, within, known, today)
    outcome = Outcome(rejections=sorted(sheet.rejections, key=lambda rejection: rejection.row))
    # Each event is a statement of its own; without autoflush the rows beside them go in batches.
    with session.no_autoflush:
        _take(session, list(sheet.accepted()), known, outcome, vault, clock)
    audit.record(session, caller, "enterprises.imported", "enterprises", outcome.summary(), clock)
    return outcome


def _known(session: Session, sheet: Sheet) -> dict[str, Enterprise]:
    codes = sorted(record.fields["uscc"] for record in sheet.records if record.fields.get("uscc"))
    locked = (
        select(Enterprise)
        .where(storage.enterprise.c.uscc.in_(codes))
        .order_by(storage.enterprise.c.id)
        .with_for_update()
    )
    return {found.uscc: found for found in session.scalars(locked)}


def _check(session: Session, sheet: Sheet, within: set[str], known: dict[str, Enterprise], today: date) -> None:
    placements = divisions.stored(session)
    for record in sheet.records:
        code, registered_on = record.fields.get("division"), record.fields.get("registered_on")
        if code is not None:
            fault = place_fault(placements.get(code, []), code, today)
            if fault is None and code not in within:
                fault = OUTSIDE
            if fault:
                sheet.reject(record.row, "division", fault)
        if registered_on is not None and registered_on > today:
            sheet.reject(record.row, "registered_on", Fault("登记日期晚于今天。", "This day lies in the future."))
        existing = known.get(record.fields.get("uscc") or "")
        if existing and existing.division not in within:
            sheet.reject(record.row, "uscc", ELSEWHERE)


def _take(
    session: Session, records: list[Record], known: dict[str, Enterprise], outcome: Outcome, vault: Vault, clock: Clock
) -> None:
    kept = contacts_of(session, [enterprise.id for enterprise in known.values()])
    landed: list[tuple[Record, Enterprise, bool]] = []
    for record in records:
        facts = {name: value for name, value in record.fields.items() if name not in CONTACT_FIELDS}
        landed.append((record, *_land(session, known.get(facts["uscc"]), facts, clock)))
    for record, enterprise, changed in landed:
        fresh = Contact(enterprise.id, "enterprise", enterprise.division)
        contact_changed = put_contact(session, kept.get(enterprise.id), fresh, record.fields, vault, clock)
        outcome.count(enterprise.uscc in known, changed or contact_changed)


def _land(
    session: Session, existing: Enterprise | None, facts: dict[str, Any], clock: Clock
) -> tuple[Enterprise, bool]:
    """The row's enterprise, and whether anything was announced of it."""
    if existing is None:
        existing = Enterprise(**{"id": new_id(), "responsible_person": None, **facts})
        session.add(existing)
        outbox.add(session, existing, existing.register(clock.today()), clock)
        return existing, True
    moved = facts["division"] != existing.division
    event = existing.change(facts, clock.today())
    if event is None:
        return existing, False
    outbox.add(session, existing, event, clock)
    if moved:
        move_along(session, existing, clock)
    return existing, True
