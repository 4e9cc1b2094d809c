"""The rules of coverage and targets."""

from __future__ import annotations

from datetime import date

import pytest

from reporting.domain.coverage import Coverage, total
from reporting.domain.target import BelowGoalAbove, BelowProvincialGoal, Target, TargetPopulation, TargetsBelow

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


def target(division: str, percent: float, population: TargetPopulation = TargetPopulation.AWARD) -> Target:
    return Target(division, division, 2026, population, percent, "示例文号")


OF_PROVINCE, OF_CHANGCHUN, OF_COUNTY = target("220000", 80), target("220100", 85), target("220102", 90)


def test_a_locality_may_not_aim_below_the_province() -> None:
    with pytest.raises(BelowProvincialGoal) as refused:
        target("220100", 90).set(79.9, "示例文号", DAY, above=[OF_PROVINCE])

    assert refused.value.facts == {"provincial_percent": 80}


def test_nor_a_county_below_its_prefecture() -> None:
    with pytest.raises(BelowGoalAbove) as refused:
        target("220102", 90).set(84, "示例文号", DAY, above=[OF_PROVINCE, OF_CHANGCHUN])

    assert refused.value.facts == {"division": "220100", "percent": 85}


def test_a_locality_may_aim_higher_and_the_province_as_it_likes() -> None:
    assert target("220102", 80).set(85, "示例文号", DAY, above=[OF_PROVINCE, OF_CHANGCHUN]).percent == 85
    assert target("220000", 80).set(60, "示例文号", DAY, below=[OF_CHANGCHUN, OF_COUNTY]).percent == 60


def test_a_goal_may_not_rise_over_targets_below_it_whatever_came_first() -> None:
    with pytest.raises(TargetsBelow) as refused:
        target("220000", 80).set(88, "示例文号", DAY, below=[OF_CHANGCHUN, OF_COUNTY])

    assert refused.value.facts == {"targets": [{"division": "220100", "percent": 85}]}


def test_a_refused_target_stays_as_it_was() -> None:
    refused = target("220100", 95)

    with pytest.raises(BelowProvincialGoal):
        refused.set(79, "示例文号二", DAY, above=[OF_PROVINCE])

    assert (refused.percent, refused.document) == (95, "示例文号")


def test_the_population_that_the_first_version_of_the_event_cannot_name_is_told_by_the_second() -> None:
    events = [target("220000", 80, each).set(100, "示例文号", DAY) for each in TargetPopulation]

    assert {event.population: event.type for event in events} == {
        "award": "target.set.v1",
        "brand": "target.set.v1",
        "contenders": "target.set.v2",
        "above_threshold": "target.set.v1",
    }
