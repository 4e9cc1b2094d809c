"""A change of the tree of divisions ends and begins placements, and leaves what stood before."""

from datetime import date

import pytest

from chassis.errors import InvalidInput, NotFound
from registry.domain.division_changes import (
    ChangeKind,
    ChangeOutOfOrder,
    DivisionChange,
    DivisionEnded,
    HasDivisionsBelow,
    Part,
    TheProvinceStays,
    placements_after,
)
from registry.domain.divisions import Placement

ALWAYS, LAST, DAY = date(2000, 1, 1), date(2026, 6, 30), date(2026, 7, 1)
OLD = Placement("220390", "示例县", "county", "220300", ALWAYS, date(2019, 12, 31), "220381")
ROWS = (
    Placement("220000", "吉林省", "province", None, ALWAYS),
    Placement("220100", "长春市", "prefecture", "220000", ALWAYS),
    Placement("220102", "南关区", "county", "220100", ALWAYS),
    Placement("220103", "宽城区", "county", "220100", ALWAYS),
    Placement("220300", "四平市", "prefecture", "220000", ALWAYS),
    Placement("220381", "公主岭市", "county", "220300", ALWAYS),
    OLD,
)
TREE = {row.code: [row] for row in ROWS}


def change(kind, code, **more):
    return DivisionChange(kind=ChangeKind(kind), code=code, document="示例文号", **{"effective_on": DAY, **more})


def after(*asked, **more):
    return [
        (row.code, row.name, row.parent, row.valid_from, row.valid_to, row.successor)
        for row in placements_after(TREE, change(*asked, **more))
    ]


def test_a_county_moves_to_another_prefecture_with_its_code_or_with_a_new_one():
    assert after("move", "220381", parent="220100") == [
        ("220381", "公主岭市", "220300", ALWAYS, LAST, None),
        ("220381", "公主岭市", "220100", DAY, None, None),
    ]
    assert after("move", "220381", parent="220100", new_code="220184") == [
        ("220381", "公主岭市", "220300", ALWAYS, LAST, "220184"),
        ("220184", "公主岭市", "220100", DAY, None, None),
    ]


def test_a_county_may_come_to_report_to_the_province():
    assert after("move", "220381", parent="220000")[1][2] == "220000"


def test_a_prefecture_with_a_new_code_takes_along_what_lies_below_it():
    assert after("rename", "220100", name="新长春市", new_code="220199") == [
        ("220100", "长春市", "220000", ALWAYS, LAST, "220199"),
        ("220199", "新长春市", "220000", DAY, None, None),
        ("220102", "南关区", "220100", ALWAYS, LAST, None),
        ("220102", "南关区", "220199", DAY, None, None),
        ("220103", "宽城区", "220100", ALWAYS, LAST, None),
        ("220103", "宽城区", "220199", DAY, None, None),
    ]
    assert len(after("rename", "220100", name="新长春市")) == 2


def test_a_county_is_merged_into_another():
    assert after("merge", "220103", into="220102") == [("220103", "宽城区", "220100", ALWAYS, LAST, "220102")]


def test_a_county_is_split_and_ends_or_stays():
    parts = (Part("220108", "甲区"), Part("220109", "乙区"))
    begun = [("220108", "甲区", "220100", DAY, None, None), ("220109", "乙区", "220100", DAY, None, None)]

    assert after("split", "220103", parts=parts) == [("220103", "宽城区", "220100", ALWAYS, LAST, "220108"), *begun]
    assert after("split", "220103", parts=parts, stays=True) == begun


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (change("rename", "229999", name="甲"), NotFound),
        (change("rename", "220000", name="甲省"), TheProvinceStays),
        (change("rename", "220390", name="甲县"), DivisionEnded),
        (change("rename", "220102", name="甲区", effective_on=ALWAYS), ChangeOutOfOrder),
        (change("merge", "220300", into="220100"), HasDivisionsBelow),
        (change("split", "220300", parts=(Part("220399", "甲市"),)), HasDivisionsBelow),
    ],
)
def test_what_the_tree_does_not_allow_is_refused(asked, fault):
    with pytest.raises(fault):
        placements_after(TREE, asked)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        (change("move", "220102"), "/parent"),
        (change("move", "220102", parent="220103"), "/parent"),
        (change("move", "220102", parent="229999"), "/parent"),
        (change("move", "220102", parent="220300", name="甲区"), "/name"),
        (change("rename", "220102", name="甲区", new_code="220390"), "/new_code"),
        (change("merge", "220102", into="220390"), "/into"),
        (change("merge", "220102", into="220300"), "/into"),
        (change("merge", "220102", into="220102"), "/into"),
        (change("split", "220102"), "/parts"),
        (change("split", "220102", parts=(Part("220108", "甲"), Part("220103", "乙"))), "/parts/1/code"),
        (change("split", "220102", parts=(Part("220108", "甲"), Part("220108", "乙"))), "/parts"),
    ],
)
def test_what_is_wrong_in_a_change_is_said_with_its_place(asked, place):
    with pytest.raises(InvalidInput) as refused:
        placements_after(TREE, asked)

    assert [violation["pointer"] for violation in refused.value.facts["errors"]] == [place]
