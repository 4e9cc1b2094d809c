"""What enterprises are recognised as by year, and the duty that follows."""

from datetime import date

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING

from chassis.errors import NotFound
from chassis.http import PageArguments
from registry import queries
from registry.domain.recognition import NoSuchValue, RecognisedTooEarly, RecognitionKind
from registry.queries import EnterpriseFilters
from registry.usecases.recognise import Recognise, recognise

TODAY = date(2026, 3, 2)
AWARD = RecognitionKind.QUALITY_AWARD


def enter(register, firm, kind=AWARD, year=2026, value="contending", document="示例质奖〔2026〕1号", caller=PROVINCE):
    return recognise(register.session, caller, firm.id, Recognise(kind, year, value, document), register.clock)


def found(register, **filters):
    page = queries.some_enterprises(
        register.session, PROVINCE, EnterpriseFilters(**filters), TODAY, PageArguments(50, None)
    )
    return [row["name"] for row in page.items]


def test_this_years_recognition_gives_the_duty_and_an_earlier_one_does_not(register):
    firm, other = register.firm(), register.firm()

    enter(register, firm)
    enter(register, other, year=2025, value="won")

    assert found(register, award_contender=True) == [firm.name]
    assert found(register, recognised=AWARD, has_cqo=False) == [firm.name]
    assert found(register, recognised=AWARD, year=2025) == [other.name]
    assert [each["year"] for each in register.announced("enterprise.recognised")] == [2026, 2025]
    assert [each["award_contender"] for each in register.announced("enterprise.changed")] == [True]
    assert register.gaps() == []


def test_entered_again_the_later_entry_stands(register):
    firm = register.firm()
    enter(register, firm)
    enter(register, firm)
    enter(register, firm, value="none", document="示例质奖〔2026〕2号")

    [entry] = queries.recognitions(register.session, PROVINCE, firm.id, TODAY)
    assert (entry.value, entry.document) == ("none", "示例质奖〔2026〕2号")
    assert found(register, recognised=AWARD) == found(register, award_contender=True) == []
    assert len(register.announced("enterprise.recognised")) == 2


def test_a_value_is_one_of_its_kind_and_a_year_is_not_to_come(register):
    firm = register.firm()

    with pytest.raises(NoSuchValue):
        enter(register, firm, RecognitionKind.SIZE, value="won")
    with pytest.raises(RecognisedTooEarly):
        enter(register, firm, year=2027)
    with pytest.raises(NotFound):
        enter(register, firm, caller=SIPING)
    assert enter(register, firm, RecognitionKind.SIZE, value="large", caller=CHANGCHUN).value == "large"
