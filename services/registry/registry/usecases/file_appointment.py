"""Filing an appointment (备案): submitted, then accepted or returned; and what happens when nobody did it in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, exists, select, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load_all, update_all
from chassis.errors import NotFound
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller, Role
from registry import storage
from registry.domain.appointment import Appointment
from registry.domain.filing import DayIsTheBureaus, NumberTaken
from registry.domain.rules import Rules
from registry.events import AppointmentFilingOverdue
from registry.usecases import deadlines
from registry.usecases.access import load_appointment, one_at_a_time

NEXT_NUMBER = text("SELECT nextval('filing_number')")
_filed = storage.appointment.c
NUMBER_IS_TAKEN = select(
    exists().where(_filed.division == bindparam("in_division"), _filed.filing_number == bindparam("number"))
)


@dataclass(frozen=True)
class SubmitFiling:
    """Submit an appointment for filing, as of today; the bureau may name the day on which it received the papers."""

    submitted_on: date | None = None


@dataclass(frozen=True)
class ReturnFiling:
    """Return what was submitted, to be mended and submitted again."""

    reason: str


@dataclass(frozen=True)
class FileAppointment:
    """File an appointment as of a day, under the bureau's own number or the next of ours."""

    filed_on: date
    number: str | None = None


def submit_filing(
    session: Session, caller: Caller, appointment_id: str, command: SubmitFiling, clock: Clock
) -> Appointment:
    """Submits an appointment for filing; from then on it is the bureau's turn, and nothing is overdue."""
    today = clock.today()
    on = command.submitted_on or today
    if caller.role == Role.ENTERPRISE and on != today:
        raise DayIsTheBureaus()
    deadlines.hold(session, appointment_id)
    appointment = load_appointment(session, caller, appointment_id, today, lock=True)
    outbox.add(session, appointment, appointment.submit(on, today), clock)
    deadlines.cancel_filing(session, appointment)
    audit.record(session, caller, "appointment.filing_submitted", appointment.id, {"on": on.isoformat()}, clock)
    return appointment


def return_filing(
    session: Session, caller: Caller, appointment_id: str, command: ReturnFiling, clock: Clock
) -> Appointment:
    """Returns what was submitted, with the reason; the enterprise has the rule set's days to submit it again."""
    today = clock.today()
    deadlines.hold(session, appointment_id)
    appointment = load_appointment(session, caller, appointment_id, today, lock=True)
    rules = rulesets.rules_on(session, today, Rules)
    outbox.add(session, appointment, appointment.return_filing(today, command.reason, rules), clock)
    deadlines.plan_filing(session, appointment)
    audit.record(session, caller, "appointment.filing_returned", appointment.id, {"reason": command.reason}, clock)
    return appointment


def file_appointment(
    session: Session, caller: Caller, appointment_id: str, command: FileAppointment, clock: Clock
) -> Appointment:
    """Files an appointment; without a number of the bureau's own it gets one."""
    deadlines.hold(session, appointment_id)
    appointment = load_appointment(session, caller, appointment_id, clock.today(), lock=True)
    if command.number is not None:
        _require_free(session, appointment.division, command.number)
    number = command.number or _next_number(session, appointment, command.filed_on)
    outbox.add(session, appointment, appointment.file(command.filed_on, number, clock.today()), clock)
    deadlines.cancel_filing(session, appointment)
    details = {"number": number, "on": command.filed_on.isoformat()}
    audit.record(session, caller, "appointment.filed", appointment.id, details, clock)
    return appointment


def _require_free(session: Session, division: str, number: str) -> None:
    one_at_a_time(session, f"filing.{division}")
    if session.scalar(NUMBER_IS_TAKEN, {"in_division": division, "number": number}):
        raise NumberTaken()


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
