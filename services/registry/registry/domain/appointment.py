"""Appointments and what becomes of them: the filing, the certificate's later life, the end. `candidacy` makes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import RuleBroken
from registry.domain.certificates import CertificateFact, CertificateStatus, remaining_after
from registry.domain.rules import Rules
from registry.events import (
    AppointmentEnded,
    AppointmentFiled,
    AppointmentFilingOverdue,
    AppointmentRestored,
    AppointmentSuspended,
)

NO_CERTIFICATE_BY_DEADLINE = "no_certificate_by_deadline"


class AppointmentStatus(StrEnum):
    """Whether an appointment is in force."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Capacity(StrEnum):
    """As what somebody appoints a CQO (R24)."""

    LEGAL_REPRESENTATIVE = "法定代表人"
    RESPONSIBLE_PERSON = "主要负责人"


class SuspensionReason(StrEnum):
    """Why an appointment is suspended."""

    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REVOKED = "certificate_revoked"


class AlreadyEnded(RuleBroken):
    """The appointment has already ended."""

    zh = "该聘任已经终止。"


class AlreadyFiled(RuleBroken):
    """The appointment has already been filed."""

    zh = "该聘任已经备案。"


class DayOutOfOrder(RuleBroken):
    """The day given lies before the appointment or in the future."""

    zh = "所填日期早于聘任日期或晚于今天。"


@dataclass
class AppointmentHistory:
    """A record of an appointment's history: the status held from `on`, why, and by which rule set.

    One that has ended has that status from the day after its last day.
    """

    appointment_id: str
    on: date
    status: AppointmentStatus
    reason: str | None = None
    ruleset: int | None = None
    id: int | None = None


@dataclass
class Appointment:
    """A person's appointment to a CQO's post."""

    id: str
    enterprise_id: str
    person_id: str
    post_id: str
    division: str
    position: str
    decision_level: bool
    departments: list[str]
    appointed_on: date
    appointed_by_name: str
    appointed_by_capacity: Capacity
    document_number: str
    document_date: date
    authorisation: str
    filing_due_on: date
    ruleset: int
    warnings: list[str] = field(default_factory=list)
    provisional_until: date | None = None
    status: AppointmentStatus = AppointmentStatus.ACTIVE
    # Why it is suspended: "<reason>:<certificate id>". Restored only when none is left.
    causes: list[str] = field(default_factory=list)
    filed_on: date | None = None
    filing_number: str | None = None
    filed_late: bool | None = None
    ended_on: date | None = None
    end_reason: str | None = None
    version: int = 0

    def occupies(self, day: date) -> bool:
        """Whether its post and its holder are not free on `day`.

        A new appointment has no end, so one that ended on or after its first day is in its way too.
        """
        return self.status != AppointmentStatus.ENDED or (self.ended_on is not None and self.ended_on >= day)

    def file(self, on: date, number: str, today: date) -> AppointmentFiled:
        """Files the appointment with the bureau; late if the rule set's days had passed by then."""
        self._require_open()
        if self.filed_on is not None:
            raise AlreadyFiled()
        self._require_in_order(on, today)
        self.filed_on, self.filing_number, self.filed_late = on, number, on > self.filing_due_on
        return AppointmentFiled(
            self.id, self.enterprise_id, self.person_id, number, on, self.filed_late, self.filing_due_on, self.ruleset
        )

    def miss_filing(self, on: date) -> AppointmentFilingOverdue | None:
        """Notes that the day for filing has passed; None if it was filed or the appointment is over."""
        if self.filed_on is not None or self.status == AppointmentStatus.ENDED:
            return None
        return AppointmentFilingOverdue(self.id, self.enterprise_id, self.person_id, self.filing_due_on, on)

    def certificate_ended(
        self, ended: CertificateFact, facts: Iterable[CertificateFact], rules: Rules
    ) -> AppointmentSuspended | None:
        """Suspends it if the rule set says so, unless another certificate of `facts` is valid that day.

        A second cause is kept, and not announced.
        """
        if self.status == AppointmentStatus.ENDED or remaining_after(ended, facts) is not None:
            return None
        if ended.status == CertificateStatus.EXPIRED:
            reason, consequence = SuspensionReason.CERTIFICATE_EXPIRED, rules.on_certificate_expired
        else:
            reason, consequence = SuspensionReason.CERTIFICATE_REVOKED, rules.on_certificate_revoked
        if consequence == "none":
            return None
        cause = f"{reason}:{ended.certificate_id}"
        if cause not in self.causes:
            self.causes = [*self.causes, cause]
        if self.status == AppointmentStatus.SUSPENDED:
            return None
        self.status = AppointmentStatus.SUSPENDED
        return AppointmentSuspended(self.id, self.enterprise_id, self.person_id, str(reason), ended.on, rules.version)

    def certificate_renewed(self, certificate_id: str, on: date, rules: Rules) -> AppointmentRestored | None:
        """Drops the expiry of that certificate from the causes; a revocation stays."""
        return self._without([f"{SuspensionReason.CERTIFICATE_EXPIRED}:{certificate_id}"], on, rules)

    def certificate_issued(self, on: date, rules: Rules) -> AppointmentRestored | None:
        """A new certificate, earned by new training, stands in for whatever was wrong with older ones."""
        self.provisional_until = None
        return self._without(self.causes, on, rules)

    def _without(self, gone: list[str], on: date, rules: Rules) -> AppointmentRestored | None:
        self.causes = [cause for cause in self.causes if cause not in gone]
        if self.status != AppointmentStatus.SUSPENDED or self.causes:
            return None
        self.status = AppointmentStatus.ACTIVE
        return AppointmentRestored(self.id, self.enterprise_id, self.person_id, on, rules.version)

    def end(self, on: date, reason: str, today: date) -> AppointmentEnded:
        """Ends the appointment with the day `on`, which still counts; the post is vacant from the next day."""
        self._require_open()
        self._require_in_order(on, today)
        self.status, self.ended_on, self.end_reason, self.causes = AppointmentStatus.ENDED, on, reason, []
        return AppointmentEnded(self.id, self.enterprise_id, self.person_id, reason, on)

    def end_provisional(self, today: date) -> AppointmentEnded | None:
        """Ends it with the rule set's deadline if its holder earned no certificate by then; None if there is none."""
        if self.provisional_until is None or self.status == AppointmentStatus.ENDED:
            return None
        return self.end(self.provisional_until, NO_CERTIFICATE_BY_DEADLINE, today)

    def _require_open(self) -> None:
        if self.status == AppointmentStatus.ENDED:
            raise AlreadyEnded()

    def _require_in_order(self, on: date, today: date) -> None:
        if not self.appointed_on <= on <= today:
            raise DayOutOfOrder()


def status_on(history: Sequence[AppointmentHistory], day: date) -> AppointmentStatus | None:
    """The status on `day`: what was said last of those that begin by then; None before the appointment.

    `history` is in the order in which it was said.
    """
    return next((record.status for record in reversed(history) if record.on <= day), None)


def filing_due(appointed_on: date, rules: Rules) -> date:
    """The last day on which filing is in time."""
    return appointed_on + timedelta(days=rules.filing_days)
