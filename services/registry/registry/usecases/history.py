"""Recording the status that an appointment, or a member of the pool, has from a day on."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from registry.domain.appointment import Appointment, AppointmentHistory
from registry.domain.talent import Talent, TalentHistory


def record_appointment_status(
    session: Session, appointment: Appointment, on: date, *, ruleset: int | None = None, reason: str | None = None
) -> None:
    """Adds the present status to the appointment's history: since when, why, and by which rule set."""
    session.flush()  # The record refers to the appointment, whose row has to be there first.
    session.add(AppointmentHistory(appointment.id, on, appointment.status, reason, ruleset))


def record_talent_status(session: Session, talent: Talent, on: date, reason: str | None = None) -> None:
    """Adds the present status to the talent's history: since when, and why."""
    session.flush()  # As above.
    session.add(TalentHistory(talent.id, on, talent.status, reason))
