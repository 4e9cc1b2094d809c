"""Changing what an appointment says (变更)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from registry.domain.candidacy import Document
from registry.domain.change import AppointmentChange, NewContent, change
from registry.domain.rules import Rules
from registry.storage import appointment_change
from registry.usecases import calendars
from registry.usecases.access import load_appointment
from registry.usecases.file_appointment import day_of_submission

CHANGES = (
    select(AppointmentChange)
    .where(appointment_change.c.appointment_id == bindparam("appointment_id"))
    .order_by(appointment_change.c.changed_on, appointment_change.c.id)
)


@dataclass(frozen=True, kw_only=True)
class ChangeAppointment:
    """Change an appointment from a day on, by a document; what is left out stays.

    It is handed in as of today; the bureau may name the day on which it received the papers.
    """

    changed_on: date
    document: Document
    position: str | None = None
    decision_level: bool | None = None
    authorisation: str | None = None
    submitted_on: date | None = None


def change_appointment(
    session: Session, caller: Caller, appointment_id: str, command: ChangeAppointment, clock: Clock
) -> AppointmentChange:
    """Changes what an appointment says, and judges whether that was handed in in time."""
    today = clock.today()
    submitted_on = day_of_submission(caller, command.submitted_on, today)
    appointment = load_appointment(session, caller, appointment_id, today, lock=True)
    content = NewContent(
        changed_on=command.changed_on,
        document_number=command.document.number,
        document_date=command.document.date,
        position=command.position,
        decision_level=command.decision_level,
        authorisation=command.authorisation,
    )
    rules = rulesets.rules_on(session, command.changed_on, Rules)
    made, event = change(appointment, new_id(), content, submitted_on, today, rules, calendars.years(session))
    session.add(made)
    outbox.add(session, appointment, event, clock)
    details = {"change_id": made.id, "on": made.changed_on.isoformat(), "document": made.document_number}
    audit.record(session, caller, "appointment.changed", appointment.id, details, clock)
    return made


def changes_of(session: Session, appointment_id: str) -> list[AppointmentChange]:
    """An appointment's changes, by the day from which they hold."""
    return list(session.scalars(CHANGES, {"appointment_id": appointment_id}))
