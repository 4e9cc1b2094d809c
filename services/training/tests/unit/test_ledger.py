"""What of the hours of a year counts: kinds with their caps, what the year before hands on, who is exempt (R34)."""

import pytest

from training.domain.education import BelowNothing, EducationYear, Ledger, YearRules, year_id

ALL = {"class": None, "online": None, "research": None}


def rules(required=16, carry_over=0, **caps):
    return YearRules(required, {**ALL, **caps}, carry_over)


def taken(year=2027, **hours):
    found = EducationYear(year_id("p", year), "p", year, "220102")
    for kind, each in hours.items():
        found.add(kind, each)
    return found


def stands(*years, **of):
    """How the last of these years stands, each by rules of its own where `of` has some."""
    ledger = Ledger({each.id: each for each in years}, {year: of.get(f"y{year}", rules()) for year in (2026, 2027)})
    return ledger.stands("p", 2027)


def test_a_year_of_education_adds_up_by_kind():
    year = taken(online=6, research=4)
    year.add("class", 2.5)
    year.add("research", -1)

    assert (year.total_hours, year.hours_by_kind) == (11.5, {"class": 2.5, "online": 6, "research": 3})


def test_hours_that_were_written_without_a_kind_are_those_of_a_class():
    year = taken(online=6)
    year.total_hours += 4  # as the version before does

    assert year.hours_by_kind == {"class": 4, "online": 6}


def test_a_correction_takes_away_of_its_own_kind_only():
    year = taken(online=6, research=4)

    with pytest.raises(BelowNothing) as refused:
        year.add("research", -5)
    assert (refused.value.facts["kind"], refused.value.facts["hours"]) == ("research", 4)
    assert year.hours_by_kind == {"online": 6, "research": 4}


@pytest.mark.parametrize(
    ("hours", "caps", "counted"),
    [
        ({"online": 20}, {"online": 8}, 8),
        ({"online": 8}, {"online": 8}, 8),
        ({"online": 20, "class": 8}, {"online": 8}, 16),
        ({"online": 20}, {"online": 0}, 0),
        ({"teaching": 20}, {}, 0),  # no longer a kind of the rule set
        ({"research": 20}, {}, 20),
    ],
)
def test_of_each_kind_as_many_hours_count_as_the_rules_of_the_year_let(hours, caps, counted):
    found = stands(taken(**hours), y2027=rules(**caps))

    assert (found.hours, found.is_enough) == (counted, counted >= 16)


@pytest.mark.parametrize(
    ("before", "most", "carried"),
    [(16, 8, 0), (20, 8, 4), (30, 8, 8), (30, 0, 0), (10, 8, 0)],
)
def test_hours_beyond_those_asked_for_count_for_the_next_year_up_to_the_most_of_their_own_year(before, most, carried):
    found = stands(taken(2026, **{"class": before}), taken(research=1), y2026=rules(carry_over=most))

    assert (found.hours, found.carried) == (1 + carried, carried)
    assert stands(taken(2026, **{"class": before}), y2026=rules(carry_over=most)).hours == carried


def test_hours_beyond_the_cap_of_their_kind_and_hours_that_were_carried_are_not_carried():
    capped = stands(taken(2026, online=40), y2026=rules(carry_over=8, online=10))
    ledger = Ledger(
        {each.id: each for each in (taken(2025, research=24), taken(2026, research=16))},
        {year: rules(carry_over=8) for year in (2025, 2026, 2027)},
    )

    assert capped.hours == 0
    assert (ledger.stands("p", 2026).hours, ledger.stands("p", 2027).hours) == (24, 0)


def test_of_a_year_of_which_somebody_is_exempt_all_hours_may_be_carried():
    year = taken(2026, research=6)
    year.exempt("示例：产假", "示例文号〔2026〕3号")

    assert stands(year, y2026=rules(carry_over=8)).carried == 6


def test_what_a_year_asks_for_is_reached_once_and_taken_back_by_a_correction():
    year = taken(research=15)
    told = [year.judge(stands(year), None)]
    for hours in (1, 4, -6, 6):
        year.add("research", hours)
        told.append(year.judge(stands(year), "day"))

    assert [event and event.type for event in told] == [
        None,
        "education.completed.v1",
        None,
        "education.completion_withdrawn.v1",
        "education.completed.v1",
    ]
    assert (told[3].total_hours, told[3].missing_hours) == (14, 2)
