"""Coverage: of a population's enterprises, how many have a CQO in force (R12–R15)."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.errors import NotFound

# Each population a figure can be asked for, as the flags of which an enterprise needs one; none means all enterprises.
POPULATIONS: dict[str, tuple[str, ...]] = {
    "award": ("award_contender",),
    "brand": ("brand_contender",),
    "contenders": ("award_contender", "brand_contender"),
    "above_threshold": ("above_threshold",),
    "all": (),
}
IN_FORCE, SUSPENDED, NONE = "in_force", "suspended", "none"


class UnknownUnit(NotFound):
    """There was no such reporting unit on that day, or it lies outside your division."""

    zh = "该日不存在此报告单位，或其不在您的管辖范围内。"


@dataclass(frozen=True)
class Coverage:
    """The figures of one reporting unit, or of the province."""

    unit: str
    name: str
    enterprises: int
    in_force: int
    suspended: int
    target_percent: float | None = None

    @property
    def percent(self) -> float | None:
        """None where the population is empty: there is nothing to cover."""
        return round(100 * self.in_force / self.enterprises, 1) if self.enterprises else None

    @property
    def gap(self) -> float | None:
        """Percentage points still to go to the target; negative where it is exceeded."""
        if self.percent is None or self.target_percent is None:
            return None
        return round(self.target_percent - self.percent, 1)


def total(rows: list[Coverage], unit: str, name: str, target_percent: float | None) -> Coverage:
    """The sum of `rows`."""
    return Coverage(
        unit,
        name,
        sum(row.enterprises for row in rows),
        sum(row.in_force for row in rows),
        sum(row.suspended for row in rows),
        target_percent,
    )
