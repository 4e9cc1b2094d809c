"""Ending an appointment, which leaves its post vacant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from registry import storage
from registry.domain.appointment import Appointment, AppointmentStatus, EndReason
from registry.domain.exclusion import Exclusion
from registry.domain.post import Post
from registry.domain.rules import Rules
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
    appointment = _locked(session, appointment_id)
    ended = appointment.end_provisional(clock.today())
    if ended:
        _announce(session, appointment, ended, clock)


def end_for_exclusion(session: Session, person_id: str, entry: Exclusion, clock: Clock) -> None:
    """Ends an excluded person's appointments with the day before, if the rule set of that day says so."""
    for appointment_id in _open(session, storage.appointment.c.person_id == person_id):
        _end_for_exclusion(session, _locked(session, appointment_id), entry, clock)


def _end_for_exclusion(session: Session, appointment: Appointment, entry: Exclusion, clock: Clock) -> None:
    began = max(entry.valid_from, appointment.appointed_on)
    was_over = entry.valid_to is not None and entry.valid_to < began
    if was_over or began > clock.today() or appointment.was_made_in_spite_of(entry):
        return
    if appointment.status == AppointmentStatus.ENDED or rulesets.rules_on(session, began, Rules).on_excluded != "end":
        return
    last_day = max(began - timedelta(days=1), appointment.appointed_on)
    _announce(session, appointment, appointment.end(last_day, EndReason.HOLDER_EXCLUDED, clock.today()), clock)


def end_for_breach(session: Session, appointment_id: str, clock: Clock) -> None:
    """Ends an appointment with today for a breach of its holder; one that has ended stays as it is."""
    appointment = _locked(session, appointment_id)
    if appointment.status != AppointmentStatus.ENDED:
        today = clock.today()
        _announce(session, appointment, appointment.end(today, EndReason.REMOVED_FOR_BREACH, today), clock)


def end_with_enterprise(session: Session, enterprise_id: str, on: date, clock: Clock) -> None:
    """Ends the appointments of an enterprise with its last day; one that has ended meanwhile stays as it is."""
    for appointment_id in _open(session, storage.appointment.c.enterprise_id == enterprise_id):
        appointment = _locked(session, appointment_id)
        if appointment.status != AppointmentStatus.ENDED:
            ended = appointment.end(on, EndReason.ENTERPRISE_DEREGISTERED, clock.today())
            _announce(session, appointment, ended, clock)


def _open(session: Session, of_whom: ColumnElement[bool]) -> Sequence[str]:
    """The ids of appointments that have not ended, in the order in which they are locked."""
    column = storage.appointment.c
    wanted = select(column.id).where(of_whom, column.status != AppointmentStatus.ENDED).order_by(column.id)
    return session.scalars(wanted).all()


def _locked(session: Session, appointment_id: str) -> Appointment:
    """An appointment, and before it what is planned of it, as the sweeps lock them."""
    deadlines.hold(session, appointment_id)
    return load(session, Appointment, appointment_id, lock=True)


def _announce(session: Session, appointment: Appointment, ended: AppointmentEnded, clock: Clock) -> None:
    outbox.add(session, appointment, ended, clock)
    deadlines.cancel_all(session, appointment)
    # Its last day still counts.
    vacant_since = ended.on + timedelta(days=1)
    record_appointment_status(session, appointment, vacant_since, reason=ended.reason)
    vacancies.plan(session, session.get_one(Post, appointment.post_id), vacant_since)
