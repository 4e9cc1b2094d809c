"""What training's events do here: facts for eligibility, the talent pool (R60), and the appointments that rest on it.

Each event is handled under a lock on its person, the one an appointment takes too: an appointment sees a certificate's
end wholly or not at all.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import Transient
from chassis.messaging import outbox
from programme import rulesets
from registry import storage
from registry.domain.appointment import CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, ENDED, Appointment
from registry.domain.certificates import EXPIRED, REVOKED, VALID, CertificateFact, valid_on
from registry.domain.eligibility import EducationFact
from registry.domain.person import Person
from registry.domain.talent import Talent, TalentStatus
from registry.usecases.appointments import note


def certificate_issued(session: Session, data: dict[str, Any], clock: Clock) -> None:
    """A new certificate: its holder enters the pool, or comes back to it."""
    person = _lock(session, data["person_id"])
    fact = _learn(session, data, data["issued_on"], VALID, data["valid_from"], data["valid_until"])
    _hold(session, person, fact, fact.on, clock)
    for appointment in _open_appointments(session, person.id):
        restored = appointment.certificate_issued(fact.on, rulesets.in_force(session, fact.on))
        _announce(session, appointment, restored, fact.on, "certificate_issued", clock)


def certificate_renewed(session: Session, data: dict[str, Any], clock: Clock) -> None:
    """A longer run: what lapsed or was suspended for that certificate's expiry is restored."""
    person = _lock(session, data["person_id"])
    fact = _learn(session, data, data["on"], VALID, data["on"], data["valid_until"])
    _hold(session, person, fact, fact.on, clock)
    for appointment in _open_appointments(session, person.id):
        restored = appointment.certificate_renewed(fact.certificate_id, fact.on, rulesets.in_force(session, fact.on))
        _announce(session, appointment, restored, fact.on, "certificate_renewed", clock)


def certificate_expired(session: Session, data: dict[str, Any], clock: Clock) -> None:
    """The certificate has run out."""
    _learn_end(session, data, EXPIRED, CERTIFICATE_EXPIRED, clock)


def certificate_revoked(session: Session, data: dict[str, Any], clock: Clock) -> None:
    """The certificate was taken back."""
    _learn_end(session, data, REVOKED, CERTIFICATE_REVOKED, clock)


def education_recorded(session: Session, data: dict[str, Any]) -> None:
    """Hours of continuing education, with the year's total so far."""
    session.add(
        EducationFact(
            person_id=data["person_id"],
            year=data["year"],
            on=data["on"],
            total_hours=data["total_hours"],
            required_hours=data["required_hours"],
        )
    )


def _learn_end(session: Session, data: dict[str, Any], status: str, cause: str, clock: Clock) -> None:
    person = _lock(session, data["person_id"])
    fact = _learn(session, data, data["on"], status)
    remaining = valid_on(_facts(session, person.id), fact.on)
    if remaining is not None:
        # Another certificate still entitles the holder: nothing ends, the pool rests on that one.
        _hold(session, person, remaining, fact.on, clock)
        return
    talent = session.get(Talent, person.id)
    lapsed = talent.lapse(status, fact.on) if talent else None
    if talent and lapsed:
        outbox.add(session, talent, lapsed, clock)
        session.add(TalentStatus(talent.id, fact.on, talent.status, status))
    for appointment in _open_appointments(session, person.id):
        suspended = appointment.suspend(cause, fact.certificate_id, fact.on, rulesets.in_force(session, fact.on))
        _announce(session, appointment, suspended, fact.on, cause, clock)


def _hold(session: Session, person: Person, fact: CertificateFact, on: date, clock: Clock) -> None:
    talent = session.get(Talent, person.id)
    if talent is None:
        assert fact.valid_until is not None
        talent = Talent(person.id, person.name, person.division, fact.certificate_id, fact.valid_until, on)
        session.add(talent)
        outbox.add(session, talent, talent.admit(), clock)
        session.flush()
        session.add(TalentStatus(talent.id, on, talent.status))
        return
    restored = talent.hold(fact, on)
    if restored:
        outbox.add(session, talent, restored, clock)
        session.add(TalentStatus(talent.id, on, talent.status))


def _announce(session: Session, appointment: Appointment, event: Any, on: date, reason: str, clock: Clock) -> None:
    if event:
        outbox.add(session, appointment, event, clock)
        note(session, appointment, on, event.ruleset, reason)


def _lock(session: Session, person_id: str) -> Person:
    person = session.scalars(select(Person).where(storage.person.c.id == person_id).with_for_update()).one_or_none()
    if person is None:
        raise Transient(f"person {person_id} is not registered here (yet)")
    return person


def _learn(
    session: Session,
    data: dict[str, Any],
    on: date,
    status: str,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> CertificateFact:
    fact = CertificateFact(
        data["certificate_id"], data["person_id"], data["number"], on, status, valid_from, valid_until
    )
    session.add(fact)
    session.flush()
    return fact


def _facts(session: Session, person_id: str) -> list[CertificateFact]:
    fact = storage.certificate_fact.c
    told = select(CertificateFact).where(fact.person_id == person_id).order_by(fact.id)
    return list(session.scalars(told))


def _open_appointments(session: Session, person_id: str) -> list[Appointment]:
    appointment = storage.appointment.c
    held = select(Appointment).where(appointment.person_id == person_id, appointment.status != ENDED)
    locked = held.order_by(appointment.id).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(locked))
