"""What is announced of certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class CertificateIssued:
    type: ClassVar[str] = "certificate.issued.v1"
    certificate_id: str
    number: str
    person_id: str
    name: str
    enterprise_id: str | None
    issued_on: date
    valid_from: date
    valid_until: date
    ruleset: int


@dataclass(frozen=True)
class CertificateExpiring:
    """`days_left` from `on`: 90, 60, 30, 7 or 0 by the first rule set, and fewer where it is late."""

    type: ClassVar[str] = "certificate.expiring.v1"
    certificate_id: str
    number: str
    person_id: str
    name: str
    enterprise_id: str | None
    valid_until: date
    days_left: int
    on: date


@dataclass(frozen=True)
class CertificateExpired:
    """The first day on which the certificate no longer holds is `on`."""

    type: ClassVar[str] = "certificate.expired.v1"
    certificate_id: str
    number: str
    person_id: str
    on: date


@dataclass(frozen=True)
class CertificateRenewed:
    type: ClassVar[str] = "certificate.renewed.v1"
    certificate_id: str
    number: str
    person_id: str
    name: str
    on: date
    previous_valid_until: date
    valid_until: date
    ruleset: int


@dataclass(frozen=True)
class CertificateRevoked:
    type: ClassVar[str] = "certificate.revoked.v1"
    certificate_id: str
    number: str
    person_id: str
    on: date
    reason: str
    document: str


@dataclass(frozen=True)
class CertificateSuspended:
    """The certificate does not hold from that day on, until it is reinstated; its term runs on."""

    type: ClassVar[str] = "certificate.suspended.v1"
    certificate_id: str
    number: str
    person_id: str
    on: date
    reason: str
    document: str


@dataclass(frozen=True)
class CertificateReinstated:
    """The certificate holds again from that day on."""

    type: ClassVar[str] = "certificate.reinstated.v1"
    certificate_id: str
    number: str
    person_id: str
    on: date
    valid_until: date
    document: str


@dataclass(frozen=True)
class CertificateReplaced:
    """The holder has another certificate from that day on, and this one no longer holds."""

    type: ClassVar[str] = "certificate.replaced.v1"
    certificate_id: str
    number: str
    person_id: str
    on: date
    replaced_by: str
    replaced_by_number: str
