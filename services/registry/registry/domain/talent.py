"""The provincial talent pool (R60): whoever holds a certificate is in it, from the event and without anybody's act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.domain.certificates import CertificateFact
from registry.events import TalentAdmitted, TalentLapsed, TalentRestored

IN_POOL, LAPSED = "in_pool", "lapsed"


@dataclass
class TalentStatus:
    """One line of a talent's history: the status held from `on`."""

    person_id: str
    on: date
    status: str
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
    status: str = IN_POOL
    version: int = 0

    def admit(self) -> TalentAdmitted:
        """Enters the pool with the first certificate."""
        return TalentAdmitted(self.id, self.name, self.certificate_id, self.valid_until, self.admitted_on)

    def hold(self, certificate: CertificateFact, on: date) -> TalentRestored | None:
        """Now rests on `certificate`; restored if the membership had lapsed."""
        assert certificate.valid_until is not None
        self.certificate_id, self.valid_until = certificate.certificate_id, certificate.valid_until
        if self.status == IN_POOL:
            return None
        self.status = IN_POOL
        return TalentRestored(self.id, self.name, self.certificate_id, self.valid_until, on)

    def lapse(self, reason: str, on: date) -> TalentLapsed | None:
        """Leaves the pool, because the last valid certificate `expired` or was `revoked`."""
        if self.status == LAPSED:
            return None
        self.status = LAPSED
        return TalentLapsed(self.id, self.name, self.certificate_id, self.valid_until, on, reason)
