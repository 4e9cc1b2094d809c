from datetime import date

from registry import queries
from registry.usecases import divisions


def on(session, day):
    return {row.code: row for row in queries.divisions(session, day)}


def test_the_shipped_tree_is_announced_once(session, register):
    assert len(register.announced("division.placed")) == 85
    assert divisions.seed(session, divisions.shipped(), register.clock) == 0
    assert register.gaps() == []


def test_there_are_eleven_reporting_units_today_and_ten_before_meihekou_became_one(session, register):
    def units(day):
        return {code for code, row in on(session, day).items() if row.parent == "220000"}

    assert len(units(date(2026, 3, 2))) == 11
    assert units(date(2026, 3, 2)) - units(date(2021, 12, 31)) == {"220581"}


def test_gongzhuling_moved_from_siping_to_changchun(session, register):
    before, after = on(session, date(2020, 6, 18)), on(session, date(2020, 6, 19))

    assert (before["220381"].parent, "220184" in before) == ("220300", False)
    assert (after["220184"].parent, "220381" in after) == ("220100", False)


def test_changbaishan_is_a_reporting_unit_with_three_areas(session, register):
    today = on(session, date(2026, 3, 2))

    assert {code for code, row in today.items() if row.parent == "JL-CBS"} == {"JL-CBS-CB", "JL-CBS-CX", "JL-CBS-CN"}


def test_a_placement_that_differs_from_the_stored_one_is_announced_again(session, register):
    [moved] = [p for p in divisions.shipped() if p.code == "220183"]
    changed = type(moved)(**{**vars(moved), "valid_to": date(2026, 12, 31)})

    assert divisions.seed(session, [changed], register.clock) == 1
    assert register.announced("division.placed")[-1]["valid_to"] == "2026-12-31"
    assert register.gaps() == []
