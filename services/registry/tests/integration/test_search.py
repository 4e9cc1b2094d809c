"""Words in a name: found by the pairs of characters in it, and by nothing that only looks alike."""

import pytest
from registry_world import PROVINCE
from sqlalchemy import text

from chassis.http import PageArguments
from registry.queries import EnterpriseFilters
from registry.queries.enterprise import some_enterprises

NAMES = (
    "长春华丰汽车零部件有限公司",
    "吉林丰华木业有限公司",
    "ABC电子（吉林）有限公司",
    "百分百100%果汁厂",
    "下_划线厂",
    "华丰华酒业",
)


@pytest.fixture
def found(register):
    """`found(words)`: the names that have them."""
    for name in NAMES:
        register.firm(name=name)

    def find(words: str) -> set[str]:
        today = register.clock.today()
        page = some_enterprises(register.session, PROVINCE, EnterpriseFilters(q=words), today, PageArguments(limit=50))
        return {each["name"] for each in page.items} & set(NAMES)

    return find


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("华丰", {NAMES[0], NAMES[5]}),
        ("丰华", {NAMES[1], NAMES[5]}),
        ("汽车零部件", {NAMES[0]}),
        ("丰", {NAMES[0], NAMES[1], NAMES[5]}),
        ("长春华丰汽车零部件有限公司", {NAMES[0]}),
        ("华汽", set()),
        # All of its pairs are in 华丰华酒业, and it is not.
        ("丰华丰", set()),
        ("abc电", {NAMES[2]}),
        ("ABC", {NAMES[2]}),
        ("100%", {NAMES[3]}),
        ("0%", {NAMES[3]}),
        ("1%0", set()),
        ("_", {NAMES[4]}),
        ("下_", {NAMES[4]}),
        ("厂", {NAMES[3], NAMES[4]}),
        ("没有", set()),
    ],
)
def test_words_are_found_wherever_they_stand_in_a_name(found, words, expected):
    assert found(words) == expected


def test_the_index_finds_two_characters(session):
    """Not what the planner takes for a few rows, but what it can take for many."""
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(text("EXPLAIN SELECT FROM enterprise WHERE name_pairs(name) @> ARRAY['华丰']")).scalars()

    assert "ix_enterprise_name_pairs" in "\n".join(plan)
