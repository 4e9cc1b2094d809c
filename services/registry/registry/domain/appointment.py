"""Appointments and what becomes of them: the filing, the certificate's later life, the end. `candidacy` makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from chassis.errors import RuleBroken
from registry.domain.departments import Directed
from registry.domain.exclusion import EXCLUDED, Exclusion
from registry.domain.filing import AlreadyFiled, AlreadySubmitted, FilingState, NotSubmitted, resubmission_due
from registry.domain.rules import Rules
from registry.events import (
    AppointmentEnded,
    AppointmentExcluded,
    AppointmentFiled,
    AppointmentFilingOverdue,
    AppointmentFilingReturned,
    AppointmentFilingSubmitted,
    AppointmentRestored,
    AppointmentSuspended,
    AppointmentSuspendedForBreach,
    AppointmentSuspendedWithCertificate,
)

EXCLUDED_WARNING = "R30:excluded"  # the code of the warning of an exclusion
BREACH = "breach_confirmed"  # why an appointment is suspended whose holder has broken the rules of conduct


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
    CERTIFICATE_SUSPENDED = "certificate_suspended"


class RestorationReason(StrEnum):
    """Why an appointment is restored."""

    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_RENEWED = "certificate_renewed"
    CERTIFICATE_REINSTATED = "certificate_reinstated"
    EXCLUSION_OVER = "exclusion_over"
    BREACH_LIFTED = "breach_lifted"


SuspendedOtherwise: TypeAlias = (
    AppointmentExcluded | AppointmentSuspendedForBreach | AppointmentSuspendedWithCertificate
)
# The contract of `appointment.suspended` knows two reasons, and readers may rely on that: others have their own event.
SUSPENDED_OTHERWISE: Mapping[str, type[SuspendedOtherwise]] = {
    EXCLUDED: AppointmentExcluded,
    BREACH: AppointmentSuspendedForBreach,
    SuspensionReason.CERTIFICATE_SUSPENDED: AppointmentSuspendedWithCertificate,
}


class EndReason(StrEnum):
    """Why an appointment ends by itself; where somebody ends it, they say why."""

    NO_CERTIFICATE_BY_DEADLINE = "no_certificate_by_deadline"
    ENTERPRISE_DEREGISTERED = "enterprise_deregistered"
    HOLDER_EXCLUDED = "holder_excluded"
    REMOVED_FOR_BREACH = "removed_for_breach"


class AlreadyEnded(RuleBroken):
    """The appointment has already ended."""

    zh = "该聘任已经终止。"


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
    department_keys: Directed = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    provisional_until: date | None = None
    status: AppointmentStatus = AppointmentStatus.ACTIVE
    # Why it is suspended: "<reason>:<id of the certificate, the exclusion or the breach>".
    causes: list[str] = field(default_factory=list)
    # The day of submission by which the filing is judged, and the last return that is not made good yet.
    submitted_on: date | None = None
    returned_on: date | None = None
    return_reason: str | None = None
    resubmit_by: date | None = None
    filed_on: date | None = None
    filing_number: str | None = None
    filed_late: bool | None = None
    ended_on: date | None = None
    end_reason: str | None = None
    breached: bool = False  # whether a breach has ever suspended it
    changed_on: date | None = None  # from when the content holds, if it was changed
    version: int = 0

    def occupies(self, day: date) -> bool:
        """Whether its post and its holder are not free on `day`.

        A new appointment has no end, so one that ended on or after its first day is in its way too.
        """
        return self.status != AppointmentStatus.ENDED or (self.ended_on is not None and self.ended_on >= day)

    @property
    def filing(self) -> FilingState:
        """How far its filing has come."""
        if self.filed_on is not None:
            return FilingState.FILED
        if self.returned_on is not None:
            return FilingState.RETURNED
        return FilingState.OWED if self.submitted_on is None else FilingState.SUBMITTED

    @property
    def last_filing_day(self) -> date:
        """The last day on which a submission is in time: of what was returned, the one for submitting it again."""
        return max(self.filing_due_on, self.resubmit_by or self.filing_due_on)

    def submit(self, on: date, today: date) -> AppointmentFilingSubmitted:
        """Submits the appointment for filing.

        What was returned keeps the day of its first submission if it comes back by `resubmit_by`.
        """
        self._require_unfiled(on, today)
        if self.filing == FilingState.SUBMITTED:
            raise AlreadySubmitted()
        if self.submitted_on is None or self.resubmit_by is None or on > self.resubmit_by:
            self.submitted_on = on
        self.returned_on = self.return_reason = self.resubmit_by = None
        return AppointmentFilingSubmitted(
            self.id, self.enterprise_id, self.person_id, on, self.submitted_on > self.filing_due_on, self.filing_due_on
        )

    def return_filing(self, on: date, reason: str, rules: Rules) -> AppointmentFilingReturned:
        """Returns what was submitted, to be submitted again."""
        self._require_unfiled(on, on)
        if self.filing != FilingState.SUBMITTED:
            raise NotSubmitted()
        self.returned_on, self.return_reason, self.resubmit_by = on, reason, resubmission_due(on, rules)
        return AppointmentFilingReturned(
            self.id, self.enterprise_id, self.person_id, reason, on, self.resubmit_by, rules.version
        )

    def file(self, on: date, number: str, today: date) -> AppointmentFiled:
        """Files the appointment; late if it was submitted after the last day, however long the bureau took.

        What nobody submitted counts as submitted with the day on which the bureau enters it.
        """
        self._require_unfiled(on, today)
        if self.filing != FilingState.SUBMITTED:
            self.submit(on, today)
        assert self.submitted_on is not None, "it was submitted just now, if not before"
        if on < self.submitted_on:
            raise DayOutOfOrder()
        self.filed_on, self.filing_number, self.filed_late = on, number, self.submitted_on > self.filing_due_on
        return AppointmentFiled(
            self.id,
            self.enterprise_id,
            self.person_id,
            number,
            on,
            self.filed_late,
            self.filing_due_on,
            self.ruleset,
            self.submitted_on,
        )

    def miss_filing(self, on: date) -> AppointmentFilingOverdue | None:
        """Notes that the day for filing has passed; None if it was submitted or the appointment is over."""
        if self.filing in (FilingState.SUBMITTED, FilingState.FILED) or self.status == AppointmentStatus.ENDED:
            return None
        return AppointmentFilingOverdue(self.id, self.enterprise_id, self.person_id, self.last_filing_day, on)

    def was_held_on(self, day: date, today: date) -> bool:
        """Whether its holder was in office on `day`, suspended or not; of a day to come nobody knows."""
        return self.appointed_on <= day <= min(today, self.ended_on or today)

    def was_made_in_spite_of(self, entry: Exclusion) -> bool:
        """Whether the exclusion held when the appointment was made, and the rule set let that pass with a warning."""
        return EXCLUDED_WARNING in self.warnings and entry.valid_from <= self.appointed_on

    def take(
        self, status: AppointmentStatus, on: date, reason: str | None, rules: Rules
    ) -> AppointmentSuspended | SuspendedOtherwise | AppointmentRestored:
        """Takes the status that its holder's certificates, exclusions and breaches give from the day `on`."""
        self.status = status
        if status != AppointmentStatus.SUSPENDED:
            return AppointmentRestored(self.id, self.enterprise_id, self.person_id, on, rules.version, reason)
        if otherwise := SUSPENDED_OTHERWISE.get(str(reason)):
            return otherwise(self.id, self.enterprise_id, self.person_id, on, rules.version)
        return AppointmentSuspended(self.id, self.enterprise_id, self.person_id, str(reason), on, rules.version)

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
        return self.end(self.provisional_until, str(EndReason.NO_CERTIFICATE_BY_DEADLINE), today)

    def _require_open(self) -> None:
        if self.status == AppointmentStatus.ENDED:
            raise AlreadyEnded()

    def restate(self, position: str, decision_level: bool, authorisation: str, on: date) -> None:
        """Has this content from the day `on`; a level that departs from R26 is warned of."""
        self.position, self.decision_level, self.authorisation, self.changed_on = (
            position,
            decision_level,
            authorisation,
            on,
        )
        others = [rule for rule in self.warnings if rule != "R26"]
        self.warnings = others if decision_level else [*others, "R26"]

    def require_open_on(self, on: date, today: date) -> None:
        """Raises AlreadyEnded, or DayOutOfOrder where `on` lies before the appointment or after `today`."""
        self._require_open()
        self._require_in_order(on, today)

    def _require_unfiled(self, on: date, today: date) -> None:
        self.require_open_on(on, today)
        if self.filed_on is not None:
            raise AlreadyFiled()

    def _require_in_order(self, on: date, today: date) -> None:
        if not self.appointed_on <= on <= today:
            raise DayOutOfOrder()


def status_on(history: Sequence[AppointmentHistory], day: date) -> AppointmentStatus | None:
    """The status on `day`: what was said last of those that begin by then; None before the appointment.

    `history` is in the order in which it was said.
    """
    return next((record.status for record in reversed(history) if record.on <= day), None)
