"""The dated tree: 公主岭 moved from 四平 to 长春, 梅河口 and 长白山 report to the province."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import ScalarSelect, String, column, select, values
from sqlalchemy.orm import Session

from chassis.errors import Forbidden
from programme import scope
from programme.callers import Caller
from programme.tables import division
from testkit.divisions import TREE

PAST, LAST_DAY, FIRST_DAY, PRESENT = date(2015, 6, 1), date(2020, 6, 18), date(2020, 6, 19), date(2026, 3, 2)


@pytest.fixture
def tree(session: Session) -> Session:
    scope.upsert_placements(session, TREE)
    return session


def codes(session: Session, code: str, on: date) -> set[str]:
    found = list(session.scalars(scope.subtree(code, on)))
    assert len(found) == len(set(found))
    return set(found)


def reporting_unit(code: Any, on: date) -> ScalarSelect[str]:
    """The reporting unit of `code`, a text or a column of an enclosing query; NULL if it has none."""
    units = scope.reporting_units(on).subquery()
    return select(units.c.unit).where(units.c.code == code).scalar_subquery()


def staff_of(code: str) -> Caller:
    return Caller("staff", "division", division=code)


@pytest.mark.parametrize(
    ("code", "on", "expected"),
    [
        ("220300", LAST_DAY, {"220300", "220302", "220381", "220184"}),
        ("220300", FIRST_DAY, {"220300", "220302"}),
        ("220100", LAST_DAY, {"220100", "220102"}),
        ("220100", FIRST_DAY, {"220100", "220102", "220184", "220381"}),
        ("220381", PRESENT, {"220184", "220381"}),
        ("220184", PAST, {"220184", "220381"}),
        ("220500", PAST, {"220500", "220581"}),
        ("220500", PRESENT, {"220500"}),
        ("220581", PRESENT, {"220581"}),
        ("JL-CBS", PRESENT, {"JL-CBS", "JL-CBS-CB"}),
        ("222400", PRESENT, {"222400"}),
        ("220000", PRESENT, {row.code for row in TREE}),
        ("999999", PRESENT, set()),
    ],
)
def test_a_subtree_is_that_of_its_day_with_the_codes_that_stand_for_its_own(
    tree: Session, code: str, on: date, expected: set[str]
) -> None:
    assert codes(tree, code, on) == expected


@pytest.mark.parametrize(
    ("code", "on", "unit"),
    [
        ("220381", LAST_DAY, "220300"),
        ("220381", FIRST_DAY, "220100"),
        ("220184", LAST_DAY, "220300"),
        ("220184", PRESENT, "220100"),
        ("220581", date(2021, 12, 31), "220500"),
        ("220581", date(2022, 1, 1), "220581"),
        ("JL-CBS-CB", PRESENT, "JL-CBS"),
        ("JL-CBS", PRESENT, "JL-CBS"),
        ("220102", PRESENT, "220100"),
        ("220000", PRESENT, None),
        ("JL-CBS-CB", date(2005, 1, 1), None),
    ],
)
def test_a_reporting_unit_lies_directly_below_the_province_on_that_day(
    tree: Session, code: str, on: date, unit: str | None
) -> None:
    assert tree.scalar(select(reporting_unit(code, on))) == unit


def test_reporting_units_join_to_a_column(tree: Session) -> None:
    firms = values(column("division", String), name="firms").data([("220102",), ("220184",), ("220381",), ("220581",)])
    units = scope.reporting_units(PRESENT).subquery()
    counted = select(units.c.unit, firms.c.division).join(firms, firms.c.division == units.c.code)

    assert sorted(tree.execute(counted).all()) == [
        ("220100", "220102"),
        ("220100", "220184"),
        ("220100", "220381"),
        ("220581", "220581"),
    ]


def test_a_correlated_reporting_unit_follows_its_row(tree: Session) -> None:
    row = division.alias("row")
    found = tree.execute(
        select(row.c.code, reporting_unit(row.c.code, PAST)).where(row.c.code.in_(["220381", "220581", "220102"]))
    ).all()

    assert set(found) == {("220381", "220300"), ("220581", "220500"), ("220102", "220100")}


@pytest.mark.parametrize("role", ["province", "training_centre", "service", "ops", "auditor"])
def test_some_roles_are_limited_by_no_division(tree: Session, role: str) -> None:
    assert seen_by(tree, Caller("x", role)) == {row.code for row in TREE}


def seen_by(session: Session, caller: Caller) -> set[Any]:
    return set(session.scalars(select(division.c.code).where(scope.within(division.c.code, caller, PRESENT))))


def test_staff_see_their_subtree_and_firms_and_systems_nothing_by_division(tree: Session) -> None:
    assert seen_by(tree, staff_of("220100")) == {"220100", "220102", "220184", "220381"}
    assert seen_by(tree, staff_of("999999")) == set()
    assert seen_by(tree, Caller("x", "enterprise", enterprise_id="e", division="220000")) == set()
    assert seen_by(tree, Caller("x", "division")) == set()
    assert seen_by(tree, Caller("x", "system", subscriber="s")) == set()
    assert seen_by(tree, Caller("x", "system", subscriber="s", division="220000")) == set()


@pytest.mark.parametrize("role", ["province", "training_centre", "service", "ops", "auditor"])
def test_a_division_that_a_token_names_limits_whatever_the_role(tree: Session, role: str) -> None:
    assert seen_by(tree, Caller("x", role, division="220300")) == {"220300", "220302"}
    assert seen_by(tree, Caller("x", role, division="999999")) == set()


def test_a_change_outside_the_callers_division_is_forbidden(tree: Session) -> None:
    scope.require_within(tree, "220184", staff_of("220100"), PRESENT)
    scope.require_within(tree, "220581", Caller("x", "province"), PRESENT)
    for code, caller, on in [
        ("220184", staff_of("220300"), PRESENT),
        ("220581", staff_of("220500"), PRESENT),
        ("220000", staff_of("220100"), PRESENT),
        ("220102", Caller("x", "cqo", person_id="p"), PRESENT),
    ]:
        with pytest.raises(Forbidden):
            scope.require_within(tree, code, caller, on)


def test_placing_twice_changes_nothing_and_a_later_fact_replaces(tree: Session) -> None:
    before = tree.execute(select(division).order_by(division.c.code)).all()
    scope.upsert_placements(tree, [TREE[7]])
    assert tree.execute(select(division).order_by(division.c.code)).all() == before

    changed = TREE[1]
    scope.upsert_placements(tree, [replace(changed, name="长春府"), replace(changed, name="长春")])
    assert tree.scalar(select(division.c.name).where(division.c.code == "220100")) == "长春"
