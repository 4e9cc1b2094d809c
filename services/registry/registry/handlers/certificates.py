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
from chassis.messaging import Envelope
from registry import storage
from registry.domain.certificates import CertificateFact, CertificateStatus
from registry.domain.person import Person
from registry.usecases.access import certificates_of
from registry.usecases.standing import restand

LOCKED_PERSON = select(Person).where(storage.person.c.id == bindparam("person_id")).with_for_update()


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
    _learn(session, _issued(event), clock)


def certificate_renewed(session: Session, event: CertificateRenewed, clock: Clock) -> None:
    """A longer run: what lapsed or was suspended for that certificate's expiry is restored."""
    _learn(session, _renewed(event), clock)


def certificate_expired(session: Session, event: CertificateEnded, clock: Clock) -> None:
    """The certificate has run out."""
    _learn(session, _ended(event, CertificateStatus.EXPIRED), clock)


def certificate_revoked(session: Session, event: CertificateEnded, clock: Clock) -> None:
    """The certificate was taken back."""
    _learn(session, _ended(event, CertificateStatus.REVOKED), clock)


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


def _learn(session: Session, fact: CertificateFact, clock: Clock) -> None:
    person = _lock_person(session, fact.person_id)
    _record_fact(session, fact)
    restand(session, person, certificates_of(session, person.id), fact.on, clock)


def _lock_person(session: Session, person_id: str) -> Person:
    person = session.scalars(LOCKED_PERSON, {"person_id": person_id}).one_or_none()
    if person is None:
        raise Transient(f"person {person_id} is not registered here (yet)")
    return person


def _record_fact(session: Session, fact: CertificateFact) -> None:
    session.add(fact)
    session.flush()
