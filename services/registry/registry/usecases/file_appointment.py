"""Filing an appointment (备案), and what happens when that was not done in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load_all, update_all
from chassis.errors import NotFound
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry.domain.appointment import Appointment
from registry.events import AppointmentFilingOverdue
from registry.usecases import deadlines
from registry.usecases.access import load_appointment

NEXT_NUMBER = text("SELECT nextval('filing_number')")


@dataclass(frozen=True)
class FileAppointment:
    """File an appointment as of a day, under the bureau's own number or the next of ours."""

    filed_on: date
    number: str | None = None


def file_appointment(
    session: Session, caller: Caller, appointment_id: str, command: FileAppointment, clock: Clock
) -> Appointment:
    """Files an appointment; without a number of the bureau's own it gets one."""
    deadlines.hold(session, appointment_id)
    appointment = load_appointment(session, caller, appointment_id, clock.today(), lock=True)
    number = command.number or _next_number(session, appointment, command.filed_on)
    outbox.add(session, appointment, appointment.file(command.filed_on, number, clock.today()), clock)
    deadlines.cancel_filing(session, appointment)
    details = {"number": number, "on": command.filed_on.isoformat()}
    audit.record(session, caller, "appointment.filed", appointment.id, details, clock)
    return appointment


def _next_number(session: Session, appointment: Appointment, on: date) -> str:
    return f"BA-{appointment.division}-{on.year}-{session.scalar(NEXT_NUMBER):05d}"


def miss_filing(session: Session, appointment_ids: Sequence[str], clock: Clock) -> None:
    """Announces that these appointments were not filed in time; called once for each, when the day has passed."""
    appointments = load_all(session, Appointment, appointment_ids)
    if appointments.keys() != set(appointment_ids):
        raise NotFound()
    missed = list[tuple[Appointment, AppointmentFilingOverdue]]()
    for appointment in appointments.values():
        overdue = appointment.miss_filing(clock.today())
        if overdue:
            missed.append((appointment, overdue))
    outbox.add_all(session, missed, clock, own_causes=True)
    update_all(session, [appointment for appointment, _ in missed], "version")
