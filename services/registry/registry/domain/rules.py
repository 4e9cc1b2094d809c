"""What the source leaves open: the figures of the rule set that a decision is made by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, TypedDict

from registry.domain.certificates import CertificateStatus

OnCertificateEnd: TypeAlias = Literal["suspend", "none"]
WithoutCertificate: TypeAlias = Literal["refuse", "provisional"]
Consequence: TypeAlias = Literal["refuse", "warn"]
OnExcluded: TypeAlias = Literal["suspend", "end", "none"]


class BreachRule(TypedDict):
    """What a confirmed breach brings about; `months` of an exclusion."""

    consequence: str
    months: int


@dataclass(frozen=True)
class Rules:
    """The rule set in force on a day; each decision stores the version that made it."""

    version: int
    effective_from: date
    document: str
    experience_years: int
    title_experience_years: int
    review_days: int
    filing_days: int
    resubmission_days: int
    change_filing_working_days: int
    vacancy_grace_days: int
    expiring_days: int
    appoint_excluded: Consequence
    appoint_without_declaration: Consequence
    appoint_without_experience: Consequence
    appoint_without_education: Consequence
    appoint_without_certificate: WithoutCertificate
    appoint_cqo_of_another: Consequence
    provisional_days: int
    on_excluded: OnExcluded
    on_certificate_expired: OnCertificateEnd
    on_certificate_revoked: OnCertificateEnd
    on_certificate_suspended: OnCertificateEnd
    continuing_education_hours: int
    duty_plan_days: int
    duty_report_days: int
    duty_least_days: int
    hazard_days: int
    on_breach: Mapping[str, BreachRule]  # by kind
    contact_request_days: int
    contact_requests_open: int
    contact_request_again_days: int
    incident_clocks: Mapping[str, Mapping[str, int]]  # by grade: first_hours, province_hours, final_days

    def on_end(self, status: CertificateStatus) -> OnCertificateEnd:
        """What becomes of an appointment when its holder's certificate ends so, and no other is valid."""
        match status:
            case CertificateStatus.EXPIRED:
                return self.on_certificate_expired
            case CertificateStatus.REVOKED:
                return self.on_certificate_revoked
            case CertificateStatus.SUSPENDED:
                return self.on_certificate_suspended
        return "none"
