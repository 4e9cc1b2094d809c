"""What the source leaves open: the figures of the rule set that a decision is made by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

OnCertificateEnd: TypeAlias = Literal["suspend", "none"]
WithoutCertificate: TypeAlias = Literal["refuse", "provisional"]
Consequence: TypeAlias = Literal["refuse", "warn"]


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
    appoint_excluded: Consequence
    appoint_without_declaration: Consequence
    appoint_without_experience: Consequence
    appoint_without_education: Consequence
    appoint_without_certificate: WithoutCertificate
    appoint_cqo_of_another: Consequence
    provisional_days: int
    on_certificate_expired: OnCertificateEnd
    on_certificate_revoked: OnCertificateEnd
    continuing_education_hours: int
