"""Targets: which part of a population is to have a CQO by the end of a year (R15, R50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.errors import RuleBroken
from reporting.events import TargetSet

AWARD, BRAND, ABOVE_THRESHOLD = "award", "brand", "above_threshold"
POPULATIONS = (AWARD, BRAND, ABOVE_THRESHOLD)
PROVINCE = "220000"


class BelowProvincialGoal(RuleBroken):
    """A locality's target is derived from the province's goal and may not lie below it."""

    zh = "各地年度目标应依据全省总体目标制定，不得低于全省目标。"
    rule = "R50"


class AlreadySet(RuleBroken):
    """This target has been set already; revise it instead."""

    zh = "该目标已经设定，请修订原目标。"


@dataclass
class TargetLine:
    """One line of a target's history: the percentage aimed at from `on`."""

    target_id: str
    version: int
    on: date
    percent: float


@dataclass
class Target:
    """What a division aims at for a population by the end of a year."""

    id: str
    division: str
    year: int
    population: str
    percent: float
    document: str
    version: int = 0

    def set(self, on: date, provincial: float | None) -> TargetSet:
        """Announces the target; `provincial` is the province's own goal for the same year and population."""
        if provincial is not None and self.division != PROVINCE and self.percent < provincial:
            raise BelowProvincialGoal(provincial_percent=provincial)
        return TargetSet(self.id, self.division, self.year, self.population, self.percent, self.document, on)
