"""The yearly ledger of continuing education (R34, R58)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from chassis.errors import RuleBroken
from training.domain.rules import Rules
from training.events import (
    EducationBehind,
    EducationCompleted,
    EducationCompletionWithdrawn,
    EducationRecorded,
    ShortfallForecast,
)

# The kinds that every rule set has: hours of a class are entered as one of them.
CLASS, ONLINE = "class", "online"
Judged = EducationCompleted | EducationCompletionWithdrawn


def year_id(person_id: str, year: int) -> str:
    """The id of a person's year in the ledger."""
    return f"{person_id}:{year}"


class BelowNothing(RuleBroken):
    """A correction can't take away more hours of a kind than the year has."""

    zh = "更正后该年度该类学时不得少于零。"
    rule = "R34"


class UnknownKind(RuleBroken):
    """The year's rule set knows no such kind of continuing education."""

    zh = "该年度的规则集没有这一类继续教育。"
    rule = "R34"


class AlreadyExempt(RuleBroken):
    """The person is exempt from the continuing education of this year already."""

    zh = "该人员该年度的继续教育已经免修。"
    rule = "R34"


@dataclass(frozen=True)
class YearRules:
    """What a calendar year asks for and what it counts, by the rule set that holds at its end."""

    required: float  # hours
    caps: Mapping[str, float | None]  # of each kind that counts the most hours that do; None: all of them
    carry_over: float  # the most hours that go into the next year

    @classmethod
    def of(cls, rules: Rules) -> YearRules:
        """What a rule set says of the years at whose end it holds."""
        return cls(rules.continuing_hours, rules.education_kinds, rules.education_carry_over_hours)

    def counted(self, by_kind: Mapping[str, float]) -> float:
        """How many of the hours taken count."""
        return sum(self._counted(kind, hours) for kind, hours in by_kind.items())

    def _counted(self, kind: str, hours: float) -> float:
        cap = self.caps.get(kind, 0.0)
        return hours if cap is None else min(hours, cap)


@dataclass(frozen=True)
class YearTaken:
    """What somebody has done for a year: the hours that count, and those that the year's rule set asks for."""

    year: int
    hours: float
    required: float
    carried: float = 0.0  # of `hours`, those taken in the year before

    @property
    def is_enough(self) -> bool:
        """Whether the year's duty is done."""
        return self.hours >= self.required

    @property
    def missing(self) -> float:
        """The hours that are still to be taken."""
        return max(self.required - self.hours, 0.0)


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
    total_hours: float = 0.0  # taken, of all kinds, whether they count or not
    other_hours: Mapping[str, float] = field(default_factory=dict)  # those of them of other kinds than CLASS, by kind
    exempted_by: str | None = None  # the document
    exemption_reason: str | None = None
    completed_on: date | None = None  # when what the year asks for was reached; None where it is not
    behind_on: date | None = None  # when it was announced that the year had ended without it
    version: int = 0

    @property
    def hours_by_kind(self) -> dict[str, float]:
        """The hours taken, by kind."""
        found = {CLASS: self.total_hours - sum(self.other_hours.values()), **self.other_hours}
        return {kind: hours for kind, hours in found.items() if hours}

    def add(self, kind: str, hours: float) -> None:
        """Adds hours of a kind to the year, or takes wrong ones away."""
        taken = self.hours_by_kind.get(kind, 0.0)
        if taken + hours < 0:
            raise BelowNothing(person_id=self.person_id, year=self.year, kind=kind, hours=taken)
        self.total_hours += hours
        if kind != CLASS:
            self.other_hours = {**self.other_hours, kind: taken + hours}

    def exempt(self, reason: str, document: str) -> None:
        """Asks for no hours in this year. Why is in the ledger, and not in an event."""
        if self.exempted_by:
            raise AlreadyExempt(document=self.exempted_by)
        self.exempted_by, self.exemption_reason = document, reason

    def asked(self, rules: YearRules) -> float:
        """The hours that are asked for; none of who is exempt."""
        return 0.0 if self.exempted_by else rules.required

    def carried_out(self, rules: YearRules) -> float:
        """The hours that go into the next year: of its own, beyond what it asks for. So none is carried twice."""
        beyond = rules.counted(self.hours_by_kind) - self.asked(rules)
        return min(max(beyond, 0.0), rules.carry_over)

    def recorded(self, hours: float, kind: str | None, stands: YearTaken, on: date) -> EducationRecorded:
        """That hours were added, or that others count than did."""
        counted, asked = stands.hours, stands.required
        return EducationRecorded(self.person_id, self.year, hours, counted, asked, on, kind, stands.carried)

    def judge(self, stands: YearTaken, on: date) -> Judged | None:
        """That the year's hours have been reached, or no longer are; None where that is as it was."""
        if stands.is_enough == (self.completed_on is not None):
            return None
        about = self.person_id, self.year, stands.hours, stands.required
        if stands.is_enough:
            self.completed_on = on
            return EducationCompleted(*about, on)
        self.completed_on = None
        return EducationCompletionWithdrawn(*about, stands.missing, on)

    def fall_behind(self, stands: YearTaken, enterprise_id: str | None, on: date) -> EducationBehind | None:
        """That the year has ended without its hours; announced once."""
        if stands.is_enough or self.behind_on is not None:
            return None
        self.behind_on = on
        counted, asked, missing = stands.hours, stands.required, stands.missing
        return EducationBehind(self.person_id, enterprise_id, self.year, counted, asked, missing, on)


@dataclass(frozen=True)
class Ledger:
    """Years of some people, by id, and the rules of each year and of the one before it."""

    years: Mapping[str, EducationYear]
    rules: Mapping[int, YearRules]

    def stands(self, person_id: str, year: int) -> YearTaken:
        """What a person has done for a year, by its own rules, with what the year before hands on by its own."""
        rules, before = self.rules[year], self.rules.get(year - 1)
        taken, previous = self.years.get(year_id(person_id, year)), self.years.get(year_id(person_id, year - 1))
        carried = previous.carried_out(before) if previous and before else 0.0
        if taken is None:
            return YearTaken(year, carried, rules.required, carried)
        return YearTaken(year, rules.counted(taken.hours_by_kind) + carried, taken.asked(rules), carried)


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
    """One entry of the ledger, with the document it rests on; a correction is a further one."""

    person_id: str
    year: int
    hours: float
    document: str
    on: date
    kind: str = CLASS
    evidence: str | None = None  # what was done: the title of a paper, a conference's name and place
    id: int | None = None
