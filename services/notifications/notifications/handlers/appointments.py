"""Appointments: who is whose CQO, and what is announced of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.messaging import Envelope
from notifications.domain.recipients import Mentions
from notifications.handlers import Batch, matters
from notifications.handlers.announcing import announce
from notifications.handlers.upserting import upsert
from notifications.storage import appointment

END = update(appointment).where(appointment.c.id == bindparam("ended_id")).values(ended_on=bindparam("day"))

CHANGE = update(appointment).where(appointment.c.id == bindparam("changed_id")).values(position=bindparam("now"))


@dataclass(frozen=True, kw_only=True)
class OfAppointment:
    appointment_id: str
    enterprise_id: str
    person_id: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, appointment_id=self.appointment_id)


@dataclass(frozen=True, kw_only=True)
class AppointmentMade(OfAppointment):
    post_id: str
    position: str
    filing_due_on: date
    document: str


@dataclass(frozen=True, kw_only=True)
class AppointmentFiled(OfAppointment):
    filing_number: str
    late: bool
    filing_due_on: date


@dataclass(frozen=True, kw_only=True)
class AppointmentFilingSubmitted(OfAppointment):
    filing_due_on: date
    late: bool


@dataclass(frozen=True, kw_only=True)
class AppointmentFilingReturned(OfAppointment):
    reason: str
    resubmit_by: date


@dataclass(frozen=True, kw_only=True)
class AppointmentFilingOverdue(OfAppointment):
    filing_due_on: date


@dataclass(frozen=True, kw_only=True)
class AppointmentChanged(OfAppointment):
    position: str
    document: str
    submitted_on: date
    filing_due_on: date
    late: bool


@dataclass(frozen=True, kw_only=True)
class AppointmentSuspended(OfAppointment):
    reason: str


@dataclass(frozen=True, kw_only=True)
class AppointmentExcluded(OfAppointment):
    pass


@dataclass(frozen=True, kw_only=True)
class AppointmentSuspendedWithCertificate(OfAppointment):
    pass


@dataclass(frozen=True, kw_only=True)
class AppointmentRestored(OfAppointment):
    reason: str | None = None  # events from before it was said have none


@dataclass(frozen=True, kw_only=True)
class AppointmentEnded(OfAppointment):
    reason: str


def made(session: Session, events: Batch[AppointmentMade], clock: Clock) -> None:
    """Appointments were made: they are kept, for they say who employs a certificate's holder, and announced."""
    upsert(session, appointment, (_row(event.data) for event in events))
    announce(session, events, clock)


def ended(session: Session, events: Batch[AppointmentEnded], clock: Clock) -> None:
    """Appointments have ended."""
    session.execute(END, [{"ended_id": event.data.appointment_id, "day": event.data.on} for event in events])
    announce(session, events, clock)


def changed(session: Session, events: Batch[AppointmentChanged], clock: Clock) -> None:
    """Appointments were changed: letters name the new position."""
    session.execute(CHANGE, [{"changed_id": event.data.appointment_id, "now": event.data.position} for event in events])
    announce(session, events, clock)


def keep_anew(session: Session, events: Sequence[Envelope[OfAppointment]]) -> None:
    """Keeps an appointment as `events`, all that hold of it, say; nobody is told again."""
    matters.keep_anew(session, events)
    for event in events:
        if isinstance(event.data, AppointmentMade):
            upsert(session, appointment, [_row(event.data)])
        elif isinstance(event.data, AppointmentChanged):
            session.execute(CHANGE, {"changed_id": event.data.appointment_id, "now": event.data.position})
        elif isinstance(event.data, AppointmentEnded):
            session.execute(END, {"ended_id": event.data.appointment_id, "day": event.data.on})


def _row(data: AppointmentMade) -> dict[str, object]:
    return {
        "id": data.appointment_id,
        "person_id": data.person_id,
        "enterprise_id": data.enterprise_id,
        "position": data.position,
        "made_on": data.on,
        "ended_on": None,
        "post_id": data.post_id,
    }
