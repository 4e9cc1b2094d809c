"""The days that an appointment must not pass: its filing, the certificate of a provisional holder, duty records."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.orm import Session

from chassis import due
from registry.domain.appointment import Appointment
from registry.domain.rules import Rules
from registry.usecases import duties

FILING, PROVISIONAL = "appointment.filing", "appointment.provisional"
HOLD = (
    select(due.due.c.id)
    .where(due.due.c.series == func.any(bindparam("series", type_=ARRAY(Text))), due.due.c.state == "planned")
    # What ends the appointment first, for its sweep has that row locked before it asks for the other one.
    .order_by(due.due.c.kind.desc(), due.due.c.id)
    .with_for_update()
)


def plan(session: Session, appointment: Appointment, rules: Rules, today: date) -> None:
    """Plans what happens when they have passed, by one statement."""
    rows = [_after(FILING, appointment.id, appointment.last_filing_day)]
    if appointment.provisional_until is not None:
        rows.append(_after(PROVISIONAL, appointment.id, appointment.provisional_until))
    due.plan_all(session, [*rows, *duties.first_rows(appointment, rules, today)])


def plan_filing(session: Session, appointment: Appointment) -> None:
    """Plans what happens when the last day for submitting it has passed; once announced, it is not announced again."""
    due.plan_all(session, [_after(FILING, appointment.id, appointment.last_filing_day)])


def hold(session: Session, appointment_id: str) -> None:
    """Locks what is planned of an appointment, before the appointment itself: the order in which the sweep locks."""
    series = [_series(kind, appointment_id) for kind in (FILING, PROVISIONAL)]
    session.execute(HOLD, {"series": series})


def cancel_filing(session: Session, appointment: Appointment) -> None:
    """The appointment was submitted or filed."""
    due.cancel(session, _series(FILING, appointment.id))


def cancel_all(session: Session, appointment: Appointment) -> None:
    """The appointment is over."""
    due.cancel(session, *(_series(kind, appointment.id) for kind in (FILING, PROVISIONAL)))


def _after(kind: str, appointment_id: str, last_day: date) -> due.Planned:
    # The day after: on the last day itself it is still in time.
    day = last_day + timedelta(days=1)
    return due.Planned(kind, _series(kind, appointment_id), appointment_id, day, {"appointment_id": appointment_id})


def _series(kind: str, appointment_id: str) -> str:
    return f"{kind}:{appointment_id}"
