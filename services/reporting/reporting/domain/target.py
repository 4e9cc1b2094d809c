"""Targets: which part of a population is to have a CQO by the end of a year (R15, R50)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import RuleBroken
from reporting.events import TargetOfMoreSet, TargetSet

PROVINCE = "220000"


class TargetPopulation(StrEnum):
    """The populations for which targets are set; each is a `Population` too."""

    AWARD = "award"
    BRAND = "brand"
    CONTENDERS = "contenders"
    ABOVE_THRESHOLD = "above_threshold"


class BelowProvincialGoal(RuleBroken):
    """A locality's target is derived from the province's goal and may not lie below it."""

    zh = "各地年度目标应依据全省总体目标制定，不得低于全省目标。"
    rule = "R50"


class BelowGoalAbove(RuleBroken):
    """A county's target may not lie below that of the division above it."""

    zh = "县（市、区）年度目标不得低于上级地区目标。"
    rule = "R50"


class TargetsBelow(RuleBroken):
    """Targets of divisions below lie under this one: revise them first, or raise them with it (`raise_lower`)."""

    zh = "下级地区已设目标低于该目标：请先修订下级目标，或以 raise_lower 一并提高。"
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

    def set(
        self, percent: float, document: str, on: date, above: Sequence[Target] = (), below: Sequence[Target] = ()
    ) -> TargetSet:
        """Aims at `percent` from now on.

        `above` and `below` are the targets for the same year and population of the divisions above and below. Whichever
        was set first, none may lie below one that is above it.
        """
        self._require_not_below(percent, above)
        lower = [{"division": each.division, "percent": each.percent} for each in below if each.percent < percent]
        if lower:
            raise TargetsBelow(targets=lower)
        self.percent, self.document = percent, document
        kind = TargetOfMoreSet if self.population is TargetPopulation.CONTENDERS else TargetSet
        return kind(self.id, self.division, self.year, self.population, percent, document, on)

    @staticmethod
    def _require_not_below(percent: float, above: Sequence[Target]) -> None:
        highest = max(above, key=lambda each: each.percent, default=None)
        if highest is None or percent >= highest.percent:
            return
        if highest.division == PROVINCE:
            raise BelowProvincialGoal(provincial_percent=highest.percent)
        raise BelowGoalAbove(division=highest.division, percent=highest.percent)
