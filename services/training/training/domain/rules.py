"""The parameters of a rule set that this service decides by (docs/decisions/0008)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SecondCertificate(StrEnum):
    """What the training for a first certificate means to somebody who holds a valid one."""

    REFUSE = "refuse"  # they are not nominated, and given no second one
    REPLACE = "replace"  # the new certificate takes the place of the older one


class WithoutAdmission(StrEnum):
    """What becomes of a nomination, for a first certificate, of somebody who was not admitted as a candidate."""

    REFUSE = "refuse"
    WARN = "warn"  # it is accepted, and the answer says so
    OFF = "off"  # nobody looks


@dataclass(frozen=True)
class Rules:
    """A rule set: its `version` is stored with each decision, and explains the decision later."""

    version: int
    effective_from: date
    document: str  # the number of the document it rests on
    certificate_months: int
    initial_hours: float
    pass_mark: float
    resits: int
    attendance_percent: float
    continuing_hours: float
    expiry_notice_days: tuple[int, ...]  # how long before the end of a term its reminders go out
    renewal_before_days: int
    renewal_after_days: int
    education_exempt_first_year: bool  # whether the year of the first certificate asks for no continuing education
    education_forecast_month: int  # the day on which those are told who are going to miss hours of the year
    education_forecast_day: int
    second_certificate: SecondCertificate  # what becomes of a holder's in the training for a first one
    without_admission: WithoutAdmission  # what a nomination of somebody who was not admitted as a candidate means
    class_notice_days: int  # how long before its first day those enrolled in a class are told when and where it begins
    resit_days: int  # how long after a class was closed its exam may be sat again
    appeal_days: int  # how long after an outcome an appeal may be made
    quota_release_days: int  # how long before its first day a class gives up places that divisions have not used
