"""Lists of appointments, and the history of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, bindparam, select, true
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.appointment import Appointment, AppointmentHistory, AppointmentStatus
from registry.queries.conditions import equal, held_on, is_or_not, once, visible_in_each, visible_within
from registry.storage import appointment, appointment_status

HISTORY = (
    select(AppointmentHistory)
    .where(appointment_status.c.appointment_id == bindparam("appointment_id"))
    .order_by(appointment_status.c.id)
)


@dataclass(frozen=True)
class AppointmentFilters:
    """Which appointments are asked for, as of which day."""

    on: date | None = None
    division: str | None = None
    enterprise_id: str | None = None
    person_id: str | None = None
    post_id: str | None = None
    status: AppointmentStatus | None = None
    filed: bool | None = None
    filed_late: bool | None = None


class AppointmentOnDay(NamedTuple):
    """An appointment, and the status of that day."""

    appointment: Appointment
    history: AppointmentHistory


def appointments(session: Session, caller: Caller, filters: AppointmentFilters, on: date, page: PageArguments) -> Page:
    """A page of AppointmentOnDay: those that had been made by a day."""
    held = held_on(appointment_status, "appointment_id", appointment.c.id, on)
    on_day = appointment.join(held, true()).join(appointment_status, appointment_status.c.id == held.c.id)
    once_had = once(appointment.c.id, appointment_status.c.appointment_id, filters.status, on)
    codes, seen = None, visible_within(appointment, filters.division, caller, on)
    if filters.status == AppointmentStatus.ENDED:
        codes, seen = visible_in_each(appointment, filters.division, caller, on)
    if codes is not None:
        once_had = [appointment.c.ended_on <= on]  # an index has these of a division, in the order of pages
    conditions = [
        *seen,
        *equal(
            appointment,
            enterprise_id=filters.enterprise_id,
            person_id=filters.person_id,
            post_id=filters.post_id,
            filed_late=filters.filed_late,
        ),
        *once_had,
        *equal(appointment_status, status=filters.status),
        *is_or_not(and_(appointment.c.filed_on.is_not(None), appointment.c.filed_on <= on), filters.filed),
    ]
    wanted = select(appointment.c.id).select_from(on_day).where(*conditions)
    found = paginate(session, wanted, [appointment.c.id], page, each_of=codes)
    shown = select(Appointment, AppointmentHistory).select_from(on_day).where(appointment.c.id.in_(found.items))
    rows = session.execute(shown.order_by(appointment.c.id))
    return Page([AppointmentOnDay(*row) for row in rows], found.next_cursor)


def appointment_history(session: Session, appointment_id: str) -> list[AppointmentHistory]:
    """An appointment's statuses in the order in which it had them."""
    return list(session.scalars(HISTORY, {"appointment_id": appointment_id}))
