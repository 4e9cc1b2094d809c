"""The provincial talent pool (R60): whoever holds a certificate is in it, from the event and without anybody's act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registry.domain.certificates import CertificateFact
from registry.domain.person import Person
from registry.events import TalentAdmitted, TalentLapsed, TalentRestored


class TalentStatus(StrEnum):
    """Whether somebody is in the pool."""

    IN_POOL = "in_pool"
    LAPSED = "lapsed"


@dataclass
class TalentHistory:
    """A record of a talent's history: the status held from `on`, and why."""

    person_id: str
    on: date
    status: TalentStatus
    reason: str | None = None
    id: int | None = None


@dataclass
class Talent:
    """A person's membership of the pool."""

    id: str  # the person's id
    name: str
    division: str
    certificate_id: str
    valid_until: date
    admitted_on: date
    status: TalentStatus = TalentStatus.IN_POOL
    version: int = 0

    @classmethod
    def admit(cls, person: Person, certificate: CertificateFact, on: date) -> tuple[Talent, TalentAdmitted]:
        """Enters the pool with the first certificate."""
        certificate_id, valid_until = certificate.certificate_id, _end_of(certificate)
        talent = cls(person.id, person.name, person.division, certificate_id, valid_until, on)
        return talent, TalentAdmitted(person.id, person.name, certificate_id, valid_until, on)

    def take(
        self, status: TalentStatus, certificate: CertificateFact, on: date, reason: str | None
    ) -> TalentRestored | TalentLapsed:
        """Takes the status that the certificates give from the day `on`, on the strength of `certificate`."""
        self.status = status
        self.rest_on(certificate)
        if status == TalentStatus.LAPSED:
            return TalentLapsed(self.id, self.name, self.certificate_id, self.valid_until, on, str(reason))
        return TalentRestored(self.id, self.name, self.certificate_id, self.valid_until, on)

    def rest_on(self, certificate: CertificateFact) -> None:
        """Rests on `certificate` now."""
        self.certificate_id, self.valid_until = certificate.certificate_id, _end_of(certificate)


def _end_of(certificate: CertificateFact) -> date:
    assert certificate.valid_until is not None, "only a valid certificate brings somebody into the pool"
    return certificate.valid_until
