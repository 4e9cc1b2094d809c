"""Under which code and name a division is told."""

from __future__ import annotations

from datetime import date

from notifications.domain.placements import Placement, division_name, present_code

DAY = date(2026, 3, 2)
LAST_DAY, FIRST_DAY = date(2020, 6, 18), date(2020, 6, 19)


def placement(code, name, level, parent=None, since=date(1990, 1, 1), until=None, successor=None):
    return Placement(code, name, level, parent, since, until, successor)


TREE = {
    "220000": [placement("220000", "吉林省", "province")],
    "220100": [placement("220100", "长春市", "prefecture", "220000")],
    "220184": [placement("220184", "公主岭市", "county", "220100", since=FIRST_DAY)],
    "220381": [placement("220381", "公主岭市", "county", "220300", until=LAST_DAY, successor="220184")],
}


def test_a_renumbered_division_goes_by_its_successors_code_from_the_day_on_which_it_has_one():
    assert present_code(TREE, "220381", LAST_DAY) == "220381"
    assert present_code(TREE, "220381", FIRST_DAY) == "220184"


def test_a_code_that_is_not_known_stays_as_it_is():
    assert present_code(TREE, "999999", DAY) == "999999"
    assert division_name(TREE, "999999", DAY) == "999999"


def test_a_county_is_named_behind_its_prefecture_and_no_other_division_is():
    assert division_name(TREE, "220184", DAY) == "长春市公主岭市"
    assert division_name(TREE, "220100", DAY) == "长春市"


def test_divisions_that_succeed_each_other_in_a_circle_are_left_in_the_end():
    circle = {
        "1": [placement("1", "甲", "county", until=LAST_DAY, successor="2")],
        "2": [placement("2", "乙", "county", until=LAST_DAY, successor="1")],
    }

    assert present_code(circle, "1", DAY) in circle
