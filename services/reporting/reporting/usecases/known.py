"""What reporting knows of enterprises and CQOs from their events, for what is entered about them here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import InvalidInput
from programme import scope
from programme.callers import Caller
from reporting.domain.statuses import AppointmentStatus
from reporting.queries import held_on
from reporting.storage import appointment_history, coverage_period


def require_division(session: Session, code: str, caller: Caller, on: date) -> None:
    """Refuses a division that is not there today, or that the caller does not look after."""
    scope.require_within(session, code, caller, on)
    if not scope.is_placed(session, code, on):
        raise InvalidInput.at("/division", "There is no such division today.", "当前不存在该区划。")


def require_enterprises(session: Session, ids: Collection[str], caller: Caller, on: date, pointer: str) -> None:
    """Refuses enterprises that are not known here (yet), or lie outside the caller's division."""
    period = coverage_period.c
    seen = select(period.enterprise_id).where(
        period.enterprise_id.in_(ids), period.until.is_(None), scope.within(period.division, caller, on)
    )
    unknown = sorted(set(ids) - set(session.scalars(seen)))
    if unknown:
        reason = f"Not known here (yet), or outside your division: {', '.join(unknown[:10])}."
        zh = f"尚无此企业的信息，或其不在您的管辖范围内：{'、'.join(unknown[:10])}。"
        raise InvalidInput.at(pointer, reason, zh)


def cqos_on(session: Session, enterprise_ids: Collection[str], on: date) -> set[tuple[str, str]]:
    """Who was the CQO of which of these enterprises on that day, suspended or not: enterprise and person."""
    column = appointment_history.c
    held = held_on(appointment_history, on, column.enterprise_id.in_(enterprise_ids))
    sitting = select(held.c.enterprise_id, held.c.person_id).where(held.c.status != AppointmentStatus.ENDED)
    return {(enterprise_id, person_id) for enterprise_id, person_id in session.execute(sitting)}
