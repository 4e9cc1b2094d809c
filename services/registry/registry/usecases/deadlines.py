"""The days that an appointment must not pass: its filing, and the certificate of a provisional holder."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.orm import Session

from chassis import due
from registry.domain.appointment import Appointment

FILING, PROVISIONAL = "appointment.filing", "appointment.provisional"
HOLD = (
    select(due.due.c.id)
    .where(due.due.c.series == func.any(bindparam("series", type_=ARRAY(Text))), due.due.c.state == "planned")
    # What ends the appointment first, for its sweep has that row locked before it asks for the other one.
    .order_by(due.due.c.kind.desc(), due.due.c.id)
    .with_for_update()
)


def plan(session: Session, appointment: Appointment) -> None:
    """Plans what happens when they have passed."""
    plan_filing(session, appointment)
    if appointment.provisional_until is not None:
        _plan_after(session, PROVISIONAL, appointment.id, appointment.provisional_until)


def plan_filing(session: Session, appointment: Appointment) -> None:
    """Plans what happens when the last day for submitting it has passed; once announced, it is not announced again."""
    _plan_after(session, FILING, appointment.id, appointment.last_filing_day)


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


def _plan_after(session: Session, kind: str, appointment_id: str, last_day: date) -> None:
    # The day after: on the last day itself it is still in time.
    day = last_day + timedelta(days=1)
    payload = {"appointment_id": appointment_id}
    due.plan(session, kind, _series(kind, appointment_id), appointment_id, day, payload)


def _series(kind: str, appointment_id: str) -> str:
    return f"{kind}:{appointment_id}"
