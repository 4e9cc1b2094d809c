"""Certificates: what is read of their events, which are announced and change nothing else here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


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
