"""Targets: which part of a population is to have a CQO by the end of a year (R15, R50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import RuleBroken
from reporting.events import TargetSet

PROVINCE = "220000"


class TargetPopulation(StrEnum):
    """The populations for which targets are set; each is a `Population` too."""

    AWARD = "award"
    BRAND = "brand"
    ABOVE_THRESHOLD = "above_threshold"


class BelowProvincialGoal(RuleBroken):
    """A locality's target is derived from the province's goal and may not lie below it."""

    zh = "各地年度目标应依据全省总体目标制定，不得低于全省目标。"
    rule = "R50"


class AlreadySet(RuleBroken):
    """This target has been set already; revise it instead."""

    zh = "该目标已经设定，请修订原目标。"


@dataclass
class TargetRecord:
    """A record of a target's history: the percentage aimed at from the day `on`."""

    target_id: str
    version: int
    on: date
    percent: float


@dataclass
class Target:
    """What a division aims at for a population by the end of a year; `percent` is between 0 and 100."""

    id: str
    division: str
    year: int
    population: TargetPopulation
    percent: float
    document: str
    version: int = 0

    def set(self, percent: float, document: str, on: date, provincial: float | None) -> TargetSet:
        """Aims at `percent` from now on; `provincial` is the province's own goal for the same year and population."""
        if provincial is not None and self.division != PROVINCE and percent < provincial:
            raise BelowProvincialGoal(provincial_percent=provincial)
        self.percent, self.document = percent, document
        return TargetSet(self.id, self.division, self.year, self.population, percent, document, on)
