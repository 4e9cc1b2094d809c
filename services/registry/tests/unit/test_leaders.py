"""Who leads an enterprise on which day."""

from datetime import date

import pytest
import registry_makers as make

from registry.domain.leader import LeaderRole, LeadsTooEarly, leader_on, leaders, succeed

TODAY = date(2026, 3, 2)


def replace(enterprise, former, name, since, today=TODAY):
    former.append(succeed(enterprise, former, LeaderRole.LEGAL_REPRESENTATIVE, since, today))
    enterprise.legal_representative = name


@pytest.fixture
def enterprise():
    return make.enterprise(legal_representative="王强", responsible_person=None, registered_on=date(2010, 5, 4))


def test_each_day_has_the_one_who_led_then(enterprise):
    former = []
    replace(enterprise, former, "赵宁", date(2020, 1, 1))
    replace(enterprise, former, "孙亮", date(2026, 2, 1))

    for day, name in (
        (date(2015, 1, 1), "王强"),
        (date(2019, 12, 31), "王强"),
        (date(2020, 1, 1), "赵宁"),
        (date(2026, 1, 31), "赵宁"),
        (date(2026, 2, 1), "孙亮"),
        (TODAY, "孙亮"),
    ):
        assert leader_on(enterprise, former, LeaderRole.LEGAL_REPRESENTATIVE, day) == name
        assert leader_on(enterprise, former, LeaderRole.RESPONSIBLE_PERSON, day) is None


def test_the_line_of_leaders_has_no_gap_and_no_day_twice(enterprise):
    former = []
    replace(enterprise, former, "赵宁", date(2020, 1, 1))
    replace(enterprise, former, "孙亮", date(2026, 2, 1))

    found = [each for each in leaders(enterprise, former) if each.role is LeaderRole.LEGAL_REPRESENTATIVE]

    assert [(each.name, each.since, each.until) for each in found] == [
        ("王强", None, date(2019, 12, 31)),
        ("赵宁", date(2020, 1, 1), date(2026, 1, 31)),
        ("孙亮", date(2026, 2, 1), None),
    ]


@pytest.mark.parametrize("since", [date(2010, 5, 4), date(2019, 12, 31), date(2026, 3, 3)])
def test_a_leader_begins_after_the_one_before_and_not_in_the_future(enterprise, since):
    former = []
    replace(enterprise, former, "赵宁", date(2020, 1, 1))

    with pytest.raises(LeadsTooEarly):
        replace(enterprise, former, "孙亮", since)
