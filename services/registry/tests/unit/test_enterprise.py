"""An enterprise above the size threshold is an industrial one (R14)."""

from datetime import date

import pytest

from registry.domain.enterprise import Enterprise, EnterpriseFacts, NotIndustrial

ON = date(2026, 3, 2)


def facts(industry, above_threshold):
    return EnterpriseFacts(
        uscc="91220101MA0Y12340Q",
        name="示例企业",
        division="220102",
        industry=industry,
        above_threshold=above_threshold,
        award_contender=False,
        brand_contender=False,
        legal_representative="王强",
        registered_on=date(2010, 5, 4),
    )


@pytest.mark.parametrize("industry", ["B06", "C36", "C4350", "D44"])
def test_mining_manufacturing_and_supply_may_be_above_the_threshold(industry):
    assert Enterprise.register("e1", facts(industry, True), ON)[0].above_threshold


@pytest.mark.parametrize("industry", ["I65", "A01", "E47", "F51"])
def test_another_industry_may_not_and_the_answer_names_it(industry):
    with pytest.raises(NotIndustrial) as refused:
        Enterprise.register("e1", facts(industry, True), ON)

    assert (refused.value.rule, refused.value.facts) == ("R14", {"industry": industry})
    assert Enterprise.register("e1", facts(industry, False), ON)[0].industry == industry


def test_a_change_to_another_industry_takes_the_mark_with_it_or_is_refused():
    enterprise, _ = Enterprise.register("e1", facts("C36", True), ON)

    with pytest.raises(NotIndustrial):
        enterprise.change({"industry": "I65"}, ON)
    assert enterprise.industry == "C36"
    assert enterprise.change({"industry": "I65", "above_threshold": False}, ON).industry == "I65"


def test_one_that_was_entered_so_before_can_still_change_its_name():
    enterprise, _ = Enterprise.register("e1", facts("I65", False), ON)
    enterprise.above_threshold = True

    assert enterprise.change({"name": "示例信息企业"}, ON).name == "示例信息企业"
