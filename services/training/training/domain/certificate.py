"""A certificate's life: issued, expiring, expired, renewed, revoked (R34, R59)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from training.domain.certificate_refusals import (
    EducationShort,
    IsReplaced,
    IsRevoked,
    IsSuspended,
    NotPassed,
    NotSuspended,
    NotValid,
    OutsideRenewalWindow,
)
from training.domain.criteria import Criterion
from training.domain.education import YearTaken
from training.domain.enrolment import Enrolment
from training.domain.parties import Person
from training.domain.rules import Rules
from training.domain.term import ONE_DAY, end_of_term
from training.events import (
    CertificateExpired,
    CertificateExpiring,
    CertificateIssued,
    CertificateReinstated,
    CertificateRenewed,
    CertificateReplaced,
    CertificateRevoked,
    CertificateSuspended,
)


class CertificateStatus(StrEnum):
    """Whether a certificate holds."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUSPENDED = "suspended"  # for a time; its term runs on
    REPLACED = "replaced"  # by another, which its holder has now

    @property
    def is_running(self) -> bool:
        """Whether the certificate has a term that runs."""
        return self in (CertificateStatus.VALID, CertificateStatus.SUSPENDED)


class Decision(StrEnum):
    """What was decided on a certificate."""

    ISSUED = "issued"
    RENEWED = "renewed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"


@dataclass(frozen=True)
class Grounds:
    """What a decision rested on; which fields are set goes by the decision."""

    enrolment_id: str | None = None  # issued
    criteria: tuple[Criterion, ...] = ()  # renewed
    valid_until: date | None = None  # expired
    reason: str | None = None  # revoked, suspended, or issued in another's place
    document: str | None = None  # the same, and reinstated
    replaces: str | None = None  # issued in another's place: the id of that one
    replaced_by: str | None = None  # replaced: the id of the other


@dataclass
class StatusRecord:
    """One record of a certificate's history: what held from `on`, by which decision, on what grounds."""

    certificate_id: str
    on: date
    status: CertificateStatus
    valid_until: date
    decision: Decision
    ruleset: int
    grounds: Grounds = field(default_factory=Grounds)
    id: int | None = None


@dataclass
class Certificate:
    """任职资格证书: that its holder has passed the training."""

    id: str
    number: str
    person_id: str
    name: str
    enterprise_id: str | None
    division: str
    issued_on: date
    valid_from: date
    valid_until: date
    ruleset: int
    status: CertificateStatus = CertificateStatus.VALID
    revoked_reason: str | None = None
    revoked_document: str | None = None
    replaced_by: str | None = None
    version: int = 0
    enterprise_name: str | None = None  # the firm's when it was issued; the certificate itself follows its holder

    @classmethod
    def issue(
        cls, certificate_id: str, number: str, holder: Person, enrolment: Enrolment, on: date, rules: Rules
    ) -> tuple[Certificate, CertificateIssued]:
        """Issues a certificate to somebody who has passed a class; the term begins on that day."""
        if not enrolment.passed:
            raise NotPassed()
        person_id, name, enterprise_id = holder.id, holder.name, holder.enterprise_id
        until = end_of_term(on, rules.certificate_months)
        return (
            cls(
                certificate_id,
                number,
                person_id,
                name,
                enterprise_id,
                holder.division,
                issued_on=on,
                valid_from=on,
                valid_until=until,
                ruleset=rules.version,
                enterprise_name=holder.enterprise_name,
            ),
            CertificateIssued(certificate_id, number, person_id, name, enterprise_id, on, on, until, rules.version),
        )

    def record(self, on: date, decision: Decision, grounds: Grounds) -> StatusRecord:
        """What holds from that day on, for the certificate's history."""
        return StatusRecord(self.id, on, self.status, self.valid_until, decision, self.ruleset, grounds)

    def remind(self, on: date) -> CertificateExpiring | None:
        """That it ends in so many days, counted from `on`; None where the end has come, which is announced.

        It goes by the day, and not by what the sweep happened to announce first, nor by when the reminder was due.
        """
        if not self.status.is_running or on > self.valid_until:
            return None
        days_left = (self.valid_until - on).days
        return CertificateExpiring(
            self.id, self.number, self.person_id, self.name, self.enterprise_id, self.valid_until, days_left, on
        )

    def expire(self) -> CertificateExpired | None:
        """The end of its term, on the day after its last; None where it has ended already."""
        if not self.status.is_running:
            return None
        self.status = CertificateStatus.EXPIRED
        return CertificateExpired(self.id, self.number, self.person_id, self.valid_until + ONE_DAY)

    def renewal_window(self, rules: Rules) -> tuple[date, date]:
        """The first and the last day on which it can be renewed."""
        before, after = timedelta(days=rules.renewal_before_days), timedelta(days=rules.renewal_after_days)
        return self.valid_until - before, self.valid_until + after

    def renewal_criteria(self, on: date, years: Sequence[YearTaken], rules: Rules) -> list[Criterion]:
        """What a renewal on that day asks: the window, and the education of each of `years`, those of its term."""
        opens, closes = self.renewal_window(rules)
        window = Criterion("renewal window", "R59", f"{opens} to {closes}", str(on), opens <= on <= closes)
        return [window, *(_education(year) for year in years)]

    def renew(self, on: date, years: Sequence[YearTaken], rules: Rules) -> CertificateRenewed:
        """Renews for another term, which begins after the old end, or today if that has passed.

        `years` are those of the term that ask for education, each with the hours taken.
        """
        self.require_not_withdrawn()
        opens, closes = self.renewal_window(rules)
        if not opens <= on <= closes:
            raise OutsideRenewalWindow(opens=opens.isoformat(), closes=closes.isoformat())
        short = [year for year in years if not year.is_enough]
        if short:
            raise EducationShort(
                years=[year.year for year in short], hours=short[0].hours, required_hours=short[0].required
            )
        previous = self.valid_until
        self.valid_until = end_of_term(max(previous + ONE_DAY, on), rules.certificate_months)
        self.status, self.ruleset = CertificateStatus.VALID, rules.version
        return CertificateRenewed(
            self.id, self.number, self.person_id, self.name, on, previous, self.valid_until, rules.version
        )

    def revoke(self, on: date, reason: str, document: str) -> CertificateRevoked:
        """Revokes the certificate for a reason, on a document."""
        self._require_changeable()
        self.status, self.revoked_reason, self.revoked_document = CertificateStatus.REVOKED, reason, document
        return CertificateRevoked(self.id, self.number, self.person_id, on, reason, document)

    def holds(self, on: date) -> bool:
        """Whether it entitles its holder on that day."""
        return self.status == CertificateStatus.VALID and on <= self.valid_until

    def suspend(self, on: date, reason: str, document: str) -> CertificateSuspended:
        """Takes its effect from it for a time, on a document."""
        self._require_changeable()
        if not self.holds(on):
            raise NotValid()
        self.status = CertificateStatus.SUSPENDED
        return CertificateSuspended(self.id, self.number, self.person_id, on, reason, document)

    def reinstate(self, on: date, document: str) -> CertificateReinstated:
        """Ends the suspension, within the term."""
        self._require_changeable()
        if self.status != CertificateStatus.SUSPENDED or on > self.valid_until:
            raise NotSuspended()
        self.status = CertificateStatus.VALID
        return CertificateReinstated(self.id, self.number, self.person_id, on, self.valid_until, document)

    def reissue(
        self, certificate_id: str, number: str, holder: Person, on: date, rules: Rules
    ) -> tuple[Certificate, CertificateIssued]:
        """Another certificate of the same term, with the holder's present name, in place of this one."""
        self._require_changeable()
        if not self.holds(on):
            raise NotValid()
        again = Certificate(
            certificate_id,
            number,
            holder.id,
            holder.name,
            holder.enterprise_id,
            holder.division,
            issued_on=on,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            ruleset=rules.version,
            enterprise_name=holder.enterprise_name,
        )
        return again, CertificateIssued(
            certificate_id,
            number,
            holder.id,
            holder.name,
            holder.enterprise_id,
            on,
            self.valid_from,
            self.valid_until,
            rules.version,
        )

    def replace(self, by: Certificate, on: date) -> CertificateReplaced:
        """Gives way to another certificate of the same holder, and can't be renewed any more."""
        self._require_changeable()
        self.status, self.replaced_by = CertificateStatus.REPLACED, by.id
        return CertificateReplaced(self.id, self.number, self.person_id, on, by.id, by.number)

    def require_not_withdrawn(self) -> None:
        """Refuses one that was revoked or replaced, or is suspended; the end of its term is another matter."""
        self._require_changeable()
        if self.status == CertificateStatus.SUSPENDED:
            raise IsSuspended()

    def _require_changeable(self) -> None:
        if self.status == CertificateStatus.REVOKED:
            raise IsRevoked()
        if self.status == CertificateStatus.REPLACED:
            raise IsReplaced(replaced_by=self.replaced_by)


def ended_suspended(history: Sequence[StatusRecord]) -> bool:
    """Whether the term ended while the certificate was suspended; `history` in its order."""
    return len(history) > 1 and [record.status for record in history[-2:]] == [
        CertificateStatus.SUSPENDED,
        CertificateStatus.EXPIRED,
    ]


def _education(year: YearTaken) -> Criterion:
    name = f"continuing education {year.year}"
    return Criterion(name, "R34", f"{year.required:g}", f"{year.hours:g}", year.is_enough)


def term_began(history: Sequence[StatusRecord]) -> tuple[date, bool]:
    """The first day of a certificate's present term, and whether it is its first; `history` in its order."""
    began, is_first, until = history[0].on, True, history[0].valid_until
    for record in history:
        if record.decision == Decision.RENEWED:
            began, is_first = max(until + ONE_DAY, record.on), False
        until = record.valid_until
    return began, is_first
