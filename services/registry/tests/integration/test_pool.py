"""The pool as enterprises search it (R23): everybody in it, by what they can do, and without their names."""

from datetime import date

import pytest
from registry_world import SIPING
from sqlalchemy import text

from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries
from registry.queries import PoolFilters


@pytest.fixture
def firm(register):
    return register.firm()


@pytest.fixture
def search(register, firm):
    """`search(…)`: the page that the enterprise gets."""

    def search(caller=None, **wanted):
        asking = caller or Caller("q", "enterprise", enterprise_id=firm.id)
        page = PageArguments(50)
        return queries.pool(register.session, asking, PoolFilters(**wanted), register.clock.today(), page).items

    return search


def certified(register, firm, **facts):
    person = register.person(firm, **facts)
    register.issue(person)
    return person


def test_an_enterprise_finds_whoever_is_in_the_pool_and_not_their_names(register, firm, search):
    own, other = certified(register, firm, name="李明"), certified(register, register.firm("220302"), name="欧阳建国")
    register.person(register.firm("220302"), name="未入库")

    assert {each.person_id: each.name for each in search()} == {own.id: "李明", other.id: "欧***"}


def test_the_pool_is_searched_by_skill_industry_division_and_standing(register, firm, search):
    steel, food = register.firm("220302", industry="C31"), register.firm("220202", industry="C13")
    welder = certified(register, steel, title="高级工程师（焊接）", quality_years=12, degree="硕士")
    baker = certified(register, food, title="食品检验工程师", quality_years=6)
    register.appoint(baker, register.post(food), register.clock.today())
    register.session.flush()

    def found(**wanted):
        return {each.person_id for each in search(**wanted)}

    assert found(title="工程师") == {welder.id, baker.id} and found(title="焊接") == {welder.id}
    assert found(industry="C31") == {welder.id} and found(industry="C") == {welder.id, baker.id}
    assert found(division="220300") == {welder.id} and found(division="220200") == {baker.id}
    assert found(quality_years=10) == {welder.id} and found(degree="硕士") == {welder.id}
    assert found(available=True) == {welder.id} and found(available=False) == {baker.id}
    assert found(valid_on=date(2029, 1, 9)) == {welder.id, baker.id} and found(valid_on=date(2029, 1, 10)) == set()
    [row] = search(title="焊接")
    assert (row.title, row.quality_years, row.degree, row.industry, row.division, row.valid_until) == (
        "高级工程师（焊接）",
        12,
        "硕士",
        "C31",
        "220302",
        date(2029, 1, 9),
    )


def test_whoever_has_left_the_pool_is_not_found(register, firm, search):
    gone = certified(register, register.firm("220302"))
    register.revoke(gone, f"{gone.id}-1", date(2026, 3, 1))

    assert search() == []


def test_staff_search_the_whole_pool_too_and_know_the_names_of_their_own_division(register, firm, search):
    certified(register, firm, name="李明")
    certified(register, register.firm("220302"), name="欧阳建国")

    assert {each.name for each in search(SIPING)} == {"李*", "欧阳建国"}


def test_titles_are_found_by_an_index(session):
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(
        text(
            "EXPLAIN SELECT FROM person_fact "
            "WHERE kind = 'title' AND valid_to IS NULL AND name_pairs(value) @> ARRAY['焊接']"
        )
    ).scalars()

    assert "ix_person_fact_title_pairs" in "\n".join(plan)
