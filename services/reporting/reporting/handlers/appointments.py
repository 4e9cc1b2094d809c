"""Appointments: the status of each from day to day, and whether it was filed in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage
from reporting.domain.counts import Figure, Kind
from reporting.domain.statuses import AppointmentStatus
from reporting.handlers import totals
from reporting.handlers.rows import enter, history_row, insert_new, row_of

INSERT_NEW_FILING = insert_new(storage.filing, storage.filing.c.on, storage.filing.c.late)

# The status that an appointment has after each event; the events not named here leave it as it is.
STATUS_AFTER = {
    "appointment.made.v1": AppointmentStatus.ACTIVE,
    "appointment.suspended.v1": AppointmentStatus.SUSPENDED,
    "appointment.excluded.v1": AppointmentStatus.SUSPENDED,
    "appointment.suspended_for_breach.v1": AppointmentStatus.SUSPENDED,
    "appointment.suspended_with_certificate.v1": AppointmentStatus.SUSPENDED,
    "appointment.restored.v1": AppointmentStatus.ACTIVE,
    "appointment.ended.v1": AppointmentStatus.ENDED,
}


@dataclass(frozen=True)
class AppointmentChanged:
    """An appointment was made, suspended or restored from the day `on`, or ended with it."""

    appointment_id: str
    enterprise_id: str
    person_id: str
    on: date


@dataclass(frozen=True)
class AppointmentFiled:
    """An appointment was filed on the day `on`."""

    appointment_id: str
    on: date
    late: bool


def record_statuses(session: Session, events: Sequence[Envelope[AppointmentChanged]]) -> None:
    """A record of history for each event."""
    rows = [{**history_row(event), "status": STATUS_AFTER[event.type], "on": _first_day(event)} for event in events]
    totals.one_at_a_time(session)
    totals.record(session, Figure.APPOINTMENT, storage.appointment_history, rows)
    totals.cover(session, (event.data.enterprise_id for event in events))


def _first_day(event: Envelope[AppointmentChanged]) -> date:
    """The day from which the status holds: the last day of an appointment still counts."""
    ended = STATUS_AFTER[event.type] == AppointmentStatus.ENDED
    return event.data.on + timedelta(days=1) if ended else event.data.on


def record_filings(session: Session, events: Sequence[Envelope[AppointmentFiled]]) -> None:
    """One filing per appointment."""
    new = enter(session, INSERT_NEW_FILING, [row_of(event) for event in events])
    totals.count(session, Figure.FILING, Counter(_filed(row.on, row.late) for row in new))


def forget(session: Session, appointment_id: str) -> None:
    """It is no longer there, nor its filing, nor counted."""
    totals.one_at_a_time(session)
    gone = totals.forget(session, Figure.APPOINTMENT, storage.appointment_history, appointment_id)
    filing = delete(storage.filing).where(storage.filing.c.appointment_id == appointment_id).returning(storage.filing)
    counted = Counter(_filed(row.on, row.late) for row in session.execute(filing))
    totals.count(session, Figure.FILING, totals.negative(counted))
    totals.cover(session, {row.enterprise_id for row in gone})


def _filed(on: date, late: bool) -> tuple[date, Kind]:
    return on, Kind("late" if late else "in_time")
