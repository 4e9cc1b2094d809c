"""Coverage: of a population's enterprises, how many have a CQO (R12–R15)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from chassis.errors import NotFound


class Population(StrEnum):
    """Of which enterprises a figure can be asked for."""

    AWARD = "award"
    BRAND = "brand"
    CONTENDERS = "contenders"
    ABOVE_THRESHOLD = "above_threshold"
    ALL = "all"


# An enterprise belongs to a population if it has one of these flags; where none is named, every enterprise does.
FLAGS: dict[Population, tuple[str, ...]] = {
    Population.AWARD: ("award_contender",),
    Population.BRAND: ("brand_contender",),
    Population.CONTENDERS: ("award_contender", "brand_contender"),
    Population.ABOVE_THRESHOLD: ("above_threshold",),
    Population.ALL: (),
}


# 工业 by the national statistics, sections of GB/T 4754: mining, manufacturing, and the supply of electricity, heat,
# gas and water. 规模以上工业企业 (R14) are of these only.
INDUSTRIAL_SECTIONS = frozenset("BCD")


def counts_above_threshold(above_threshold: bool, industry: str) -> bool:
    """Whether an enterprise marked so belongs to 规模以上工业企业; one of another industry is left out."""
    return above_threshold and industry[:1] in INDUSTRIAL_SECTIONS


class PostState(StrEnum):
    """How the post of an enterprise's CQO is held; an active appointment outweighs a suspended one."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    NONE = "none"


class UnknownUnit(NotFound):
    """There was no such reporting unit on that day, or it lies outside your division."""

    zh = "该日不存在此报告单位，或其不在您的管辖范围内。"


@dataclass(frozen=True)
class Coverage:
    """The figures of one reporting unit, or of the province; `target_percent` is None where no target is set.

    Whether an enterprise whose CQO is suspended counts as covered is for the rule set of the day to say.
    """

    unit: str
    name: str
    enterprises: int
    active: int
    suspended: int
    target_percent: float | None = None
    counts_suspended: bool = False

    @property
    def covered(self) -> int:
        """How many enterprises count as having a CQO."""
        return self.active + (self.suspended if self.counts_suspended else 0)

    @property
    def percent(self) -> float | None:
        """To one decimal, but never rounded up to a goal that is not met: to 100 or to the target.

        None where the population is empty: there is nothing to cover.
        """
        if not self.enterprises:
            return None
        exact = self._exact()
        rounded = Fraction(round(exact * 10), 10)
        goals = [Fraction(100), *([] if self.target_percent is None else [_fraction(self.target_percent)])]
        if any(exact < goal <= rounded for goal in goals):
            rounded = Fraction(math.floor(exact * 10), 10)
        return float(rounded)

    @property
    def reached(self) -> bool | None:
        """Whether the target is met, by the counts themselves; None where there is no target, or nothing to cover."""
        if self.target_percent is None or not self.enterprises:
            return None
        return self._exact() >= _fraction(self.target_percent)

    @property
    def gap(self) -> float | None:
        """Percentage points still to go to the target; above 0 only, and always, where it is not met."""
        if self.percent is None or self.target_percent is None:
            return None
        gap = float(round(_fraction(self.target_percent) - _fraction(self.percent), 1))
        return min(gap, 0.0) + 0.0 if self.reached else max(gap, 0.1)  # no -0.0

    def _exact(self) -> Fraction:
        return Fraction(100 * self.covered, self.enterprises)


def _fraction(number: float) -> Fraction:
    """A percentage as it was entered: 66.65 is not a binary number."""
    return Fraction(str(number))


def total(
    units: Sequence[Coverage], unit: str, name: str, target_percent: float | None, counts_suspended: bool = False
) -> Coverage:
    """The sum of `units`, as the figures of the unit named `unit`."""
    return Coverage(
        unit,
        name,
        sum(each.enterprises for each in units),
        sum(each.active for each in units),
        sum(each.suspended for each in units),
        target_percent,
        counts_suspended,
    )
