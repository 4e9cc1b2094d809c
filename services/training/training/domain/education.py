"""The yearly ledger of continuing education (R34, R58)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from training.domain.rules import Rules
from training.events import EducationRecorded


def year_id(person_id: str, year: int) -> str:
    """The id of a person's year in the ledger."""
    return f"{person_id}:{year}"


@dataclass(frozen=True)
class YearTaken:
    """What somebody has done for a year of a term: the hours taken, and those that the year's rule set asks for."""

    year: int
    hours: float
    required: float

    @property
    def is_enough(self) -> bool:
        """Whether the year's duty is done."""
        return self.hours >= self.required


def years_of_duty(term_from: date, until: date, is_first_term: bool, rules: Rules) -> list[int]:
    """The calendar years of a term that ask for education: those at whose end the certificate holds (R34).

    By the rule set the year of the first certificate may be exempt: its training stands for it.
    """
    years = range(term_from.year, until.year + 1)
    is_exempt = is_first_term and rules.education_exempt_first_year
    return [
        year
        for year in years
        if term_from <= date(year, 12, 31) <= until and not (is_exempt and year == term_from.year)
    ]


@dataclass
class EducationYear:
    """A person's hours of one calendar year."""

    id: str
    person_id: str
    year: int
    division: str
    total_hours: float = 0.0
    version: int = 0

    def record(self, hours: float, required_hours: float, on: date) -> EducationRecorded:
        """Adds hours to the year; `required_hours` of it count for a renewal."""
        self.total_hours += hours
        return EducationRecorded(self.person_id, self.year, hours, self.total_hours, required_hours, on)


@dataclass
class EducationEntry:
    """One entry of the ledger, with the document it rests on."""

    person_id: str
    year: int
    hours: float
    document: str
    on: date
    id: int | None = None
