"""What training has announced about certificates, by day. Only facts are kept here; certificates are training's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class CertificateStatus(StrEnum):
    """What a certificate is from a day on."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass
class CertificateFact:
    """From `on` the certificate has this status, and while valid it runs from `valid_from` to `valid_until`."""

    certificate_id: str
    person_id: str
    number: str
    on: date
    status: CertificateStatus
    valid_from: date | None = None
    valid_until: date | None = None
    id: int | None = None

    def covers(self, day: date) -> bool:
        """Whether the certificate entitles its holder on `day`."""
        if self.status != CertificateStatus.VALID or self.valid_from is None or self.valid_until is None:
            return False
        return self.valid_from <= day <= self.valid_until


def latest_facts(facts: Iterable[CertificateFact], day: date) -> list[CertificateFact]:
    """The last fact about each certificate that was true by `day`; `facts` come in the order they were announced.

    A revocation is the last of all: what was taken back can't be renewed.
    """
    latest: dict[str, CertificateFact] = {}
    for fact in facts:
        known = latest.get(fact.certificate_id)
        if fact.on > day or (known is not None and known.status == CertificateStatus.REVOKED):
            continue
        if known is None or fact.on >= known.on:
            latest[fact.certificate_id] = fact
    return list(latest.values())


def valid_on(facts: Iterable[CertificateFact], day: date) -> CertificateFact | None:
    """The certificate that entitles its holder on `day`, the longest running one if there are several."""
    covering = [fact for fact in latest_facts(facts, day) if fact.covers(day)]
    return max(covering, key=lambda fact: fact.valid_until or day, default=None)


def rested_on(facts: Sequence[CertificateFact], day: date) -> CertificateFact | None:
    """The certificate that entitles its holder on `day`, else the one that did before and ran longest."""
    valid = (fact for fact in facts if fact.on <= day and fact.status == CertificateStatus.VALID)
    return valid_on(facts, day) or max(valid, key=lambda fact: fact.valid_until or day, default=None)


def certified_since(facts: Iterable[CertificateFact], day: date) -> CertificateFact | None:
    """The certificate with which the holder became certified, the last time by `day` that they were not before.

    A renewal goes on with its certificate, and one that is issued while another is valid goes on with that.
    """
    known = [fact for fact in facts if fact.on <= day]
    issued: dict[str, CertificateFact] = {}
    for fact in known:
        if fact.status == CertificateStatus.VALID:
            first = issued.get(fact.certificate_id)
            issued[fact.certificate_id] = fact if first is None or fact.on < first.on else first
    beginnings = [fact for fact in issued.values() if valid_on(known, fact.on - timedelta(days=1)) is None]
    return max(beginnings, key=lambda fact: fact.on, default=None)


def first_issued(facts: Iterable[CertificateFact], day: date) -> CertificateFact | None:
    """The first certificate that was issued by `day`, whatever became of it: its holder passed the exam."""
    issued = (fact for fact in facts if fact.on <= day and fact.status == CertificateStatus.VALID)
    return min(issued, key=lambda fact: fact.on, default=None)
