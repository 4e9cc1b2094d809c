"""What becomes of a certificate: facts for eligibility, the talent pool (R60), and the appointments that rest on it.

Each event is handled under a lock on its person, the one an appointment takes too: an appointment sees a certificate's
end wholly or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import Transient
from chassis.messaging import Envelope, outbox
from programme import rulesets
from registry import storage
from registry.domain.appointment import Appointment, AppointmentStatus
from registry.domain.certificates import CertificateFact, CertificateStatus
from registry.domain.person import Person
from registry.domain.rules import Rules
from registry.domain.talent import Talent
from registry.events import AppointmentRestored, AppointmentSuspended, TalentAdmitted, TalentLapsed
from registry.usecases.access import certificates_of
from registry.usecases.history import record_appointment_status, record_talent_status

LOCKED_PERSON = select(Person).where(storage.person.c.id == bindparam("person_id")).with_for_update()
# populate_existing: what was read before the lock was got may be out of date.
LOCKED_APPOINTMENTS = (
    select(Appointment)
    .where(
        storage.appointment.c.person_id == bindparam("person_id"),
        storage.appointment.c.status != AppointmentStatus.ENDED,
    )
    .order_by(storage.appointment.c.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class CertificateIssued:
    """`certificate.issued.v1`."""

    certificate_id: str
    number: str
    person_id: str
    issued_on: date
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class CertificateRenewed:
    """`certificate.renewed.v1`: it runs on from `on`."""

    certificate_id: str
    number: str
    person_id: str
    on: date
    valid_until: date


@dataclass(frozen=True)
class CertificateEnded:
    """`certificate.expired.v1` and `certificate.revoked.v1`."""

    certificate_id: str
    number: str
    person_id: str
    on: date


CertificateEvent: TypeAlias = CertificateIssued | CertificateRenewed | CertificateEnded
STATUS_AFTER = {
    "certificate.expired.v1": CertificateStatus.EXPIRED,
    "certificate.revoked.v1": CertificateStatus.REVOKED,
}


def certificate_issued(session: Session, event: CertificateIssued, clock: Clock) -> None:
    """A new certificate: its holder enters the pool, or comes back to it."""
    person = _lock_person(session, event.person_id)
    fact = _issued(event)
    _record_fact(session, fact)
    _keep_in_pool(session, person, fact, clock)
    for appointment in _lock_appointments(session, person):
        rules = rulesets.rules_on(session, fact.on, Rules)
        restored = appointment.certificate_issued(fact.on, rules)
        _announce(session, appointment, restored, "certificate_issued", clock)


def certificate_renewed(session: Session, event: CertificateRenewed, clock: Clock) -> None:
    """A longer run: what lapsed or was suspended for that certificate's expiry is restored."""
    person = _lock_person(session, event.person_id)
    fact = _renewed(event)
    _record_fact(session, fact)
    _keep_in_pool(session, person, fact, clock)
    for appointment in _lock_appointments(session, person):
        rules = rulesets.rules_on(session, fact.on, Rules)
        restored = appointment.certificate_renewed(fact.certificate_id, fact.on, rules)
        _announce(session, appointment, restored, "certificate_renewed", clock)


def certificate_expired(session: Session, event: CertificateEnded, clock: Clock) -> None:
    """The certificate has run out."""
    _end_certificate(session, event, CertificateStatus.EXPIRED, clock)


def certificate_revoked(session: Session, event: CertificateEnded, clock: Clock) -> None:
    """The certificate was taken back."""
    _end_certificate(session, event, CertificateStatus.REVOKED, clock)


def record_facts_anew(session: Session, events: Sequence[Envelope[CertificateEvent]]) -> None:
    """Records the facts of a certificate that `events`, all that hold of it, say; what rests on it stays as it is."""
    for event in events:
        match event.data:
            case CertificateIssued():
                _record_fact(session, _issued(event.data))
            case CertificateRenewed():
                _record_fact(session, _renewed(event.data))
            case CertificateEnded():
                _record_fact(session, _ended(event.data, STATUS_AFTER[event.type]))


def _issued(event: CertificateIssued) -> CertificateFact:
    return CertificateFact(
        certificate_id=event.certificate_id,
        person_id=event.person_id,
        number=event.number,
        on=event.issued_on,
        status=CertificateStatus.VALID,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
    )


def _renewed(event: CertificateRenewed) -> CertificateFact:
    return CertificateFact(
        certificate_id=event.certificate_id,
        person_id=event.person_id,
        number=event.number,
        on=event.on,
        status=CertificateStatus.VALID,
        valid_from=event.on,
        valid_until=event.valid_until,
    )


def _ended(event: CertificateEnded, status: CertificateStatus) -> CertificateFact:
    return CertificateFact(event.certificate_id, event.person_id, event.number, event.on, status)


def _end_certificate(session: Session, event: CertificateEnded, status: CertificateStatus, clock: Clock) -> None:
    person = _lock_person(session, event.person_id)
    ended = _ended(event, status)
    _record_fact(session, ended)
    facts = certificates_of(session, person.id)
    talent = session.get(Talent, person.id)
    if talent is not None:
        _announce_talent(session, talent, talent.certificate_ended(ended, facts), clock)
    for appointment in _lock_appointments(session, person):
        rules = rulesets.rules_on(session, ended.on, Rules)
        suspended = appointment.certificate_ended(ended, facts, rules)
        _announce(session, appointment, suspended, suspended.reason if suspended else None, clock)


def _lock_person(session: Session, person_id: str) -> Person:
    person = session.scalars(LOCKED_PERSON, {"person_id": person_id}).one_or_none()
    if person is None:
        raise Transient(f"person {person_id} is not registered here (yet)")
    return person


def _lock_appointments(session: Session, person: Person) -> list[Appointment]:
    """The person's appointments that have not ended."""
    return list(session.scalars(LOCKED_APPOINTMENTS, {"person_id": person.id}))


def _record_fact(session: Session, fact: CertificateFact) -> None:
    session.add(fact)
    session.flush()


def _keep_in_pool(session: Session, person: Person, certificate: CertificateFact, clock: Clock) -> None:
    talent = session.get(Talent, person.id)
    if talent is not None:
        _announce_talent(session, talent, talent.rest_on(certificate, certificate.on), clock)
        return
    talent, admitted = Talent.admit(person, certificate, certificate.on)
    session.add(talent)
    _announce_talent(session, talent, admitted, clock)


def _announce_talent(session: Session, talent: Talent, event: TalentAdmitted | None, clock: Clock) -> None:
    if event is not None:
        outbox.add(session, talent, event, clock)
        reason = event.reason if isinstance(event, TalentLapsed) else None
        record_talent_status(session, talent, event.on, reason)


def _announce(
    session: Session,
    appointment: Appointment,
    event: AppointmentRestored | AppointmentSuspended | None,
    reason: str | None,
    clock: Clock,
) -> None:
    if event is not None:
        outbox.add(session, appointment, event, clock)
        record_appointment_status(session, appointment, event.on, ruleset=event.ruleset, reason=reason)
