"""Recording the grade of a CQO's performance in a year (R29); a correction is another record, and both are kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.json_types import JsonObject
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry.domain.grade import Graded, Performance
from registry.storage import performance
from registry.usecases.access import load_appointment

GRADED = select(
    exists().where(performance.c.appointment_id == bindparam("appointment_id"), performance.c.year == bindparam("year"))
)


@dataclass(frozen=True, kw_only=True)
class GradePerformance(Graded):
    """Record a grade of a year."""


def grade(
    session: Session, caller: Caller, appointment_id: str, command: GradePerformance, clock: Clock
) -> Performance:
    """Records a grade; of a year that has one it is a correction."""
    appointment = load_appointment(session, caller, appointment_id, clock.today(), lock=True)
    corrects = bool(session.scalar(GRADED, {"appointment_id": appointment.id, "year": command.year}))
    made, event = Performance.record(
        appointment, command, caller.subject, clock.now(), clock.today(), corrects=corrects
    )
    session.add(made)
    outbox.add(session, appointment, event, clock)
    details: JsonObject = {"year": made.year, "grade": str(made.grade), "document": made.document}
    audit.record(session, caller, "appointment.graded", appointment.id, details, clock)
    return made
