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


@pytest.mark.parametrize(
    ("active", "of", "target", "percent", "gap"),
    [
        (2999, 3000, 100, 99.9, 0.1),  # 99.97 %
        (2999, 3000, None, 99.9, None),
        (3000, 3000, 100, 100.0, 0.0),
        (2398, 2998, 80, 79.9, 0.1),  # 79.987 %
        (2, 3, 66.65, 66.7, 0.0),  # met by 66.667 %
        (1999, 3000, 66.65, 66.6, 0.1),  # 66.633 %
        (2, 3, 80, 66.7, 13.3),
        (1, 3, 30, 33.3, -3.3),
        (3001, 6000, 50.01, 50.0, 0.0),  # 50.017 %, met, though shown as 50.0
    ],
)
def test_a_percentage_is_never_rounded_to_a_goal_that_is_not_met(active, of, target, percent, gap) -> None:
    unit = Coverage("220100", "长春市", of, active, 0, target)

    assert (unit.percent, unit.gap) == (percent, gap)
    assert unit.reached is (None if target is None else active / of * 100 >= target)


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
