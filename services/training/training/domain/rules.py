"""The parameters of a rule set that this service decides by (docs/decisions/0008)."""

from __future__ import annotations

from collections.abc import Mapping
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


class Consequence(StrEnum):
    """What becomes of a class that is scheduled in spite of something."""

    REFUSE = "refuse"
    WARN = "warn"


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
    education_kinds: Mapping[str, float | None]  # what counts in the ledger; of each kind the most hours, None: all
    education_carry_over_hours: float  # the most hours beyond those asked for that count for the next year
    education_close_days: int  # how long after a year's end papers come in before it is told who is behind
    second_certificate: SecondCertificate  # what becomes of a holder's in the training for a first one
    without_admission: WithoutAdmission  # what a nomination of somebody who was not admitted as a candidate means
    class_notice_days: int  # how long before its first day those enrolled in a class are told when and where it begins
    resit_days: int  # how long after a class was closed its exam may be sat again
    appeal_days: int  # how long after an outcome an appeal may be made
    quota_release_days: int  # how long before its first day a class gives up places that divisions have not used
    trainer_outside_pool: Consequence  # a block is taught by somebody who is not of the pool on its days (R6)
    venue_taken: Consequence  # another class is at the venue on the same days
