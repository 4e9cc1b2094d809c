"""What the answers hold: frozen records, which the schemas dump as they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reporting.domain.coverage import Coverage, Population, PostState
from reporting.domain.statuses import AppointmentStatus, CertificateStatus, DeliveryState, TalentStatus


@dataclass(frozen=True)
class CoverageFigures:
    """Coverage of a population on a day: of each unit by which the caller is given figures, and their sum."""

    on: date
    population: Population
    units: tuple[Coverage, ...]
    total: Coverage


@dataclass(frozen=True)
class CoverageRecord:
    """An enterprise behind a figure of coverage, with the unit in whose figure it is counted."""

    enterprise_id: str
    name: str
    division: str
    unit: str
    state: PostState


@dataclass(frozen=True)
class FilingCounts:
    """Appointments that were filed, in time or late."""

    in_time: int
    late: int


@dataclass(frozen=True)
class EnrolmentCount:
    """How many enrolments in classes of a kind were completed with that outcome."""

    class_kind: str
    passed: bool
    number: int


@dataclass(frozen=True)
class EducationCount:
    """Of those who took continuing education in a year: how many had reached the hours asked of them, and how not."""

    year: int
    reached: int
    behind: int


@dataclass(frozen=True)
class DeliveryCount:
    """How many deliveries of a kind of notice, by a channel, had ended so."""

    kind: str
    channel: str
    state: DeliveryState
    number: int


@dataclass(frozen=True)
class Statistics:
    """The programme's counts on a day; a status that nothing had is not among the keys."""

    on: date
    enterprises: int
    certificates: dict[CertificateStatus, int]
    talents: dict[TalentStatus, int]
    appointments: dict[AppointmentStatus, int]
    filings: FilingCounts
    enrolments: tuple[EnrolmentCount, ...]
    deliveries: tuple[DeliveryCount, ...]
    education: tuple[EducationCount, ...]
