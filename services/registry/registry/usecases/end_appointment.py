"""Ending an appointment, which leaves its post vacant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry.domain.appointment import Appointment, AppointmentStatus, EndReason
from registry.domain.post import Post
from registry.events import AppointmentEnded
from registry.usecases import deadlines, vacancies
from registry.usecases.access import load_appointment
from registry.usecases.history import record_appointment_status


@dataclass(frozen=True)
class EndAppointment:
    """End an appointment with a day, for a reason."""

    on: date
    reason: str


def end_appointment(
    session: Session, caller: Caller, appointment_id: str, command: EndAppointment, clock: Clock
) -> Appointment:
    """Ends an appointment; its post is vacant from the next day."""
    deadlines.hold(session, appointment_id)
    appointment = load_appointment(session, caller, appointment_id, clock.today(), lock=True)
    _announce(session, appointment, appointment.end(command.on, command.reason, clock.today()), clock)
    details = {"reason": command.reason, "on": command.on.isoformat()}
    audit.record(session, caller, "appointment.ended", appointment.id, details, clock)
    return appointment


def end_provisional(session: Session, appointment_id: str, clock: Clock) -> None:
    """Ends a provisional appointment whose holder earned no certificate by the rule set's deadline."""
    deadlines.hold(session, appointment_id)
    appointment = load(session, Appointment, appointment_id, lock=True)
    ended = appointment.end_provisional(clock.today())
    if ended:
        _announce(session, appointment, ended, clock)


def end_with_enterprise(session: Session, appointment_id: str, on: date, clock: Clock) -> None:
    """Ends it with the last day of its enterprise; one that has ended meanwhile stays as it is."""
    deadlines.hold(session, appointment_id)
    appointment = load(session, Appointment, appointment_id, lock=True)
    if appointment.status != AppointmentStatus.ENDED:
        ended = appointment.end(on, EndReason.ENTERPRISE_DEREGISTERED, clock.today())
        _announce(session, appointment, ended, clock)


def _announce(session: Session, appointment: Appointment, ended: AppointmentEnded, clock: Clock) -> None:
    outbox.add(session, appointment, ended, clock)
    deadlines.cancel_all(session, appointment)
    # Its last day still counts.
    vacant_since = ended.on + timedelta(days=1)
    record_appointment_status(session, appointment, vacant_since, reason=ended.reason)
    vacancies.plan(session, session.get_one(Post, appointment.post_id), vacant_since)
