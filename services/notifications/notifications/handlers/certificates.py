"""Certificates: what is read of their events, which are announced and change nothing else here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from chassis.clock import Clock
from notifications.domain.recipients import Mentions
from notifications.handlers import Batch
from notifications.handlers.announcing import announce


@dataclass(frozen=True, kw_only=True)
class OfCertificate:
    certificate_id: str
    number: str
    person_id: str
    enterprise_id: str | None = None

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id, concerns_present_employer=True)


@dataclass(frozen=True, kw_only=True)
class CertificateIssued(OfCertificate):
    issued_on: date
    valid_from: date
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class CertificateExpiring(OfCertificate):
    valid_until: date
    days_left: int
    on: date


@dataclass(frozen=True, kw_only=True)
class CertificateRenewed(OfCertificate):
    on: date
    previous_valid_until: date
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class CertificateExpired(OfCertificate):
    on: date


@dataclass(frozen=True, kw_only=True)
class CertificateRevoked(OfCertificate):
    on: date
    reason: str
    document: str


def expiring(session: Session, events: Batch[CertificateExpiring], clock: Clock) -> None:
    """Certificates end soon. The letter says the days that are left when it is written, which may be a later day."""
    today = clock.today()
    counted = [replace(each.data, days_left=(each.data.valid_until - today).days) for each in events]
    announce(session, [each.with_data(data) for each, data in zip(events, counted, strict=True)], clock)
