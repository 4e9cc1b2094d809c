"""Certificates: the status of each from day to day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage
from reporting.domain.counts import Figure
from reporting.domain.statuses import CertificateStatus
from reporting.handlers import totals
from reporting.handlers.rows import Row, history_row

# The status that a certificate has after each event that follows its issue.
STATUS_AFTER = {
    "certificate.expired.v1": CertificateStatus.EXPIRED,
    "certificate.renewed.v1": CertificateStatus.VALID,
    "certificate.revoked.v1": CertificateStatus.REVOKED,
    "certificate.replaced.v1": CertificateStatus.REPLACED,
}


@dataclass(frozen=True)
class CertificateIssued:
    """A certificate was issued; its day has a name of its own."""

    certificate_id: str
    person_id: str
    issued_on: date


@dataclass(frozen=True)
class CertificateChanged:
    """A certificate expired, was renewed, revoked or replaced, as of the day `on`."""

    certificate_id: str
    person_id: str
    on: date


def record_issues(session: Session, events: Sequence[Envelope[CertificateIssued]]) -> None:
    """The first record of each certificate's history."""
    _record(session, [_issue_row(event) for event in events])


def record_statuses(session: Session, events: Sequence[Envelope[CertificateChanged]]) -> None:
    """A record of history for each event."""
    _record(session, [{**history_row(event), "status": STATUS_AFTER[event.type]} for event in events])


def forget(session: Session, certificate_id: str) -> None:
    """It is no longer there, nor counted."""
    totals.forget(session, Figure.CERTIFICATE, storage.certificate_history, certificate_id)


def _record(session: Session, rows: Sequence[Row]) -> None:
    totals.record(session, Figure.CERTIFICATE, storage.certificate_history, rows)


def _issue_row(event: Envelope[CertificateIssued]) -> Row:
    issued = event.data
    return {
        "certificate_id": issued.certificate_id,
        "version": event.sequence,
        "person_id": issued.person_id,
        "on": issued.issued_on,
        "status": CertificateStatus.VALID,
    }
