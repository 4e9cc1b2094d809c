"""The rules of coverage and targets."""

from __future__ import annotations

from datetime import date

import pytest

from reporting.domain.coverage import Coverage, total
from reporting.domain.target import BelowProvincialGoal, Target, TargetPopulation

DAY = date(2026, 3, 2)


def test_coverage_is_what_is_active_of_the_population() -> None:
    unit = Coverage("220100", "长春市", 8, 6, 1, 80)

    assert unit.percent == 75.0
    assert unit.gap == 5.0


def test_an_empty_population_has_no_percentage() -> None:
    unit = Coverage("220100", "长春市", 0, 0, 0, 80)

    assert unit.percent is None
    assert unit.gap is None


def test_the_total_is_computed_from_the_counts_and_not_from_percentages() -> None:
    units = [Coverage("a", "甲", 1, 1, 0), Coverage("b", "乙", 9, 0, 2)]

    assert total(units, "220000", "合计", 50).percent == 10.0
    assert total(units, "220000", "合计", 50).suspended == 2


def test_a_locality_may_not_aim_below_the_province() -> None:
    target = Target("t1", "220100", 2026, TargetPopulation.AWARD, 90, "示例文号")

    with pytest.raises(BelowProvincialGoal):
        target.set(90, "示例文号", DAY, provincial=100)


def test_a_locality_may_aim_higher_and_the_province_as_it_likes() -> None:
    locality = Target("t1", "220100", 2026, TargetPopulation.ABOVE_THRESHOLD, 80, "示例文号")
    province = Target("t2", "220000", 2026, TargetPopulation.ABOVE_THRESHOLD, 80, "示例文号")

    assert locality.set(85, "示例文号", DAY, provincial=80).percent == 85
    assert province.set(60, "示例文号", DAY, provincial=80).percent == 60


def test_a_refused_target_stays_as_it_was() -> None:
    target = Target("t1", "220100", 2026, TargetPopulation.AWARD, 95, "示例文号")

    with pytest.raises(BelowProvincialGoal):
        target.set(80, "示例文号二", DAY, provincial=90)

    assert (target.percent, target.document) == (95, "示例文号")
