"""Appointments: who may be made CQO, and what becomes of it (R22–R27, the filing, the certificate's later life)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from chassis.errors import RuleBroken
from registry.domain.ruleset import RuleSet
from registry.events import (
    AppointmentEnded,
    AppointmentFiled,
    AppointmentFilingOverdue,
    AppointmentMade,
    AppointmentRestored,
    AppointmentSuspended,
)

ACTIVE, SUSPENDED, ENDED = "active", "suspended", "ended"
CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED = "certificate_expired", "certificate_revoked"


class AlreadyEnded(RuleBroken):
    """The appointment has already ended."""

    zh = "该任命已经终止。"


class AlreadyFiled(RuleBroken):
    """The appointment has already been filed."""

    zh = "该任命已经备案。"


class DayOutOfOrder(RuleBroken):
    """The day given lies before the appointment or in the future."""

    zh = "所填日期早于任命日期或晚于今天。"


@dataclass
class AppointmentStatus:
    """One line of an appointment's history: the status held from `on`, why, and by which rule set."""

    appointment_id: str
    on: date
    status: str
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
    appointed_by_capacity: str
    document_number: str
    document_date: date
    authorisation: str
    filing_due_on: date
    ruleset: int
    warnings: list[str] = field(default_factory=list)
    provisional_until: date | None = None
    status: str = ACTIVE
    # Why it is suspended: "<reason>:<certificate id>". Restored only when none is left.
    causes: list[str] = field(default_factory=list)
    filed_on: date | None = None
    filing_number: str | None = None
    filed_late: bool | None = None
    ended_on: date | None = None
    end_reason: str | None = None
    version: int = 0

    def make(self, enterprise_name: str, person_name: str) -> AppointmentMade:
        """Announces the appointment, once `candidacy.admit` has found nothing against it."""
        return AppointmentMade(
            appointment_id=self.id,
            enterprise_id=self.enterprise_id,
            enterprise_name=enterprise_name,
            person_id=self.person_id,
            person_name=person_name,
            post_id=self.post_id,
            position=self.position,
            decision_level=self.decision_level,
            on=self.appointed_on,
            filing_due_on=self.filing_due_on,
            document=self.document_number,
            ruleset=self.ruleset,
            provisional_until=self.provisional_until,
        )

    def file(self, on: date, number: str, today: date) -> AppointmentFiled:
        """Files the appointment with the bureau; late if the rule set's days had passed by then."""
        if self.status == ENDED:
            raise AlreadyEnded()
        if self.filed_on is not None:
            raise AlreadyFiled()
        if not self.appointed_on <= on <= today:
            raise DayOutOfOrder()
        self.filed_on, self.filing_number, self.filed_late = on, number, on > self.filing_due_on
        return AppointmentFiled(
            self.id, self.enterprise_id, self.person_id, number, on, self.filed_late, self.filing_due_on, self.ruleset
        )

    def miss_filing(self, on: date) -> AppointmentFilingOverdue | None:
        """Notes that the day for filing has passed; None if it was filed or the appointment is over."""
        if self.filed_on is not None or self.status == ENDED:
            return None
        return AppointmentFilingOverdue(self.id, self.enterprise_id, self.person_id, self.filing_due_on, on)

    def suspend(self, reason: str, certificate_id: str, on: date, rules: RuleSet) -> AppointmentSuspended | None:
        """Suspends it if the rule set says that `reason` does; a second cause is kept, and announced by nobody."""
        if self.status == ENDED or rules.parameters.get(f"on_{reason}", "suspend") != "suspend":
            return None
        cause = f"{reason}:{certificate_id}"
        if cause not in self.causes:
            self.causes = [*self.causes, cause]
        if self.status == SUSPENDED:
            return None
        self.status = SUSPENDED
        return AppointmentSuspended(self.id, self.enterprise_id, self.person_id, reason, on, rules.version)

    def certificate_renewed(self, certificate_id: str, on: date, rules: RuleSet) -> AppointmentRestored | None:
        """Drops the expiry of that certificate from the causes; a revocation stays."""
        return self._without([f"{CERTIFICATE_EXPIRED}:{certificate_id}"], on, rules)

    def certificate_issued(self, on: date, rules: RuleSet) -> AppointmentRestored | None:
        """A new certificate, earned by new training, stands in for whatever was wrong with older ones."""
        self.provisional_until = None
        return self._without(self.causes, on, rules)

    def _without(self, gone: list[str], on: date, rules: RuleSet) -> AppointmentRestored | None:
        self.causes = [cause for cause in self.causes if cause not in gone]
        if self.status != SUSPENDED or self.causes:
            return None
        self.status = ACTIVE
        return AppointmentRestored(self.id, self.enterprise_id, self.person_id, on, rules.version)

    def end(self, on: date, reason: str, today: date) -> AppointmentEnded:
        """Ends the appointment; the post is vacant from the next day."""
        if self.status == ENDED:
            raise AlreadyEnded()
        if not self.appointed_on <= on <= today:
            raise DayOutOfOrder()
        self.status, self.ended_on, self.end_reason, self.causes = ENDED, on, reason, []
        return AppointmentEnded(self.id, self.enterprise_id, self.person_id, reason, on)


def filing_due(appointed_on: date, rules: RuleSet) -> date:
    """The last day on which filing is in time."""
    return appointed_on + timedelta(days=rules.parameters["filing_days"])
