"""The yearly ledger of continuing education (R34, R58)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.errors import RuleBroken
from training.domain.rules import Rules
from training.events import EducationRecorded, ShortfallForecast


def year_id(person_id: str, year: int) -> str:
    """The id of a person's year in the ledger."""
    return f"{person_id}:{year}"


class BelowNothing(RuleBroken):
    """A correction can't take away more hours than the year has."""

    zh = "更正后该年度学时不得少于零。"
    rule = "R34"


class AlreadyExempt(RuleBroken):
    """The person is exempt from the continuing education of this year already."""

    zh = "该人员该年度的继续教育已经免修。"
    rule = "R34"


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
    exempted_by: str | None = None  # the document
    exemption_reason: str | None = None
    version: int = 0

    def record(self, hours: float, required_hours: float, on: date) -> EducationRecorded:
        """Adds hours to the year, or takes wrong ones away; `required_hours` of it count for a renewal.

        A year that is exempt asks for none.
        """
        if self.total_hours + hours < 0:
            raise BelowNothing(person_id=self.person_id, year=self.year, total_hours=self.total_hours)
        self.total_hours += hours
        return EducationRecorded(self.person_id, self.year, hours, self.total_hours, self.asked(required_hours), on)

    def asked(self, required_hours: float) -> float:
        """The hours that are asked for, where the rule set asks for so many."""
        return 0.0 if self.exempted_by else required_hours

    def exempt(self, reason: str, document: str, on: date) -> EducationRecorded:
        """Asks for no hours in this year. Why is in the ledger, and not in the event."""
        if self.exempted_by:
            raise AlreadyExempt(document=self.exempted_by)
        self.exempted_by, self.exemption_reason = document, reason
        return EducationRecorded(self.person_id, self.year, 0.0, self.total_hours, 0.0, on)


@dataclass
class Shortfall:
    """That somebody is going to miss hours of a year, as it looked on the day of the forecast."""

    id: str
    person_id: str
    enterprise_id: str | None
    division: str
    year: int
    total_hours: float
    required_hours: float
    on: date
    version: int = 0

    def forecast(self) -> ShortfallForecast:
        """Tells it, while there is time to take the hours: until the end of the year."""
        by = date(self.year, 12, 31)
        return ShortfallForecast(
            self.person_id, self.enterprise_id, self.year, self.total_hours, self.required_hours, by, self.on
        )


@dataclass
class EducationEntry:
    """One entry of the ledger, with the document it rests on."""

    person_id: str
    year: int
    hours: float
    document: str
    on: date
    id: int | None = None
