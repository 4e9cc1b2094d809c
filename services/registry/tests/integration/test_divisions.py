from datetime import date

import pytest
from registry_world import PROVINCE
from sqlalchemy import Text, literal, select

from chassis.http import PageArguments
from programme import scope
from programme.callers import Caller
from registry import queries
from registry.domain.division_changes import ChangeKind, DivisionChange
from registry.usecases import division_changes, divisions


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


def changed(register, **asked):
    command = DivisionChange(**{"document": "吉政函〔2026〕9号", **asked})
    return division_changes.change(register.session, PROVINCE, command, register.clock)


def test_a_change_that_is_entered_holds_from_its_day_and_past_days_stay(session, register):
    firm = register.firm("220183")
    before = [sorted(on(session, day).items()) for day in (date(2013, 9, 18), date(2026, 6, 30))]

    entered = changed(
        register, kind=ChangeKind.MOVE, code="220183", effective_on=date(2026, 7, 1), parent="220200", new_code="220285"
    )

    after = [on(session, day) for day in (date(2013, 9, 18), date(2026, 6, 30), date(2026, 7, 1))]
    assert [sorted(day.keys()) for day in after[:2]] == [[code for code, _ in rows] for rows in before]
    assert (after[1]["220183"].parent, after[2]["220285"].parent, "220183" in after[2]) == ("220100", "220200", False)
    ended, begun = register.announced("division.placed")[-2:]
    assert (ended["valid_to"], ended["successor"], begun["valid_from"]) == ("2026-06-30", "220285", "2026-07-01")
    assert begun["document"] == "吉政函〔2026〕9号"
    assert register.gaps() == []
    # What was entered under the old code keeps its place.
    jilin = Caller("j", "division", division="220200")
    for day, seen in ((date(2026, 6, 30), False), (date(2026, 7, 1), True)):
        visible = session.scalar(select(scope.within(literal(firm.division, Text), jilin, day)))
        assert visible is seen
    page = queries.division_changes(session, PageArguments(10))
    assert [(row.id, row.recorded_on, len(row.placements)) for row in page.items] == [
        (entered.id, register.clock.today(), 2)
    ]


def test_the_shipped_tree_does_not_undo_a_change_that_was_entered(session, register):
    changed(register, kind=ChangeKind.RENAME, code="220183", effective_on=date(2026, 7, 1), name="示例市")

    assert divisions.seed(session, divisions.shipped(), register.clock) == 0
    assert on(session, date(2026, 7, 1))["220183"].name == "示例市"


def test_a_change_far_ahead_is_refused(register):
    with pytest.raises(division_changes.TooFarAhead):
        changed(register, kind=ChangeKind.RENAME, code="220183", effective_on=date(2099, 7, 1), name="示例市")
