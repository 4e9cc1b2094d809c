"""Enterprises that are deregistered: what ends with them, and what goes on."""

from datetime import date

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING
from sqlalchemy import text

from chassis.errors import NotFound
from registry.domain.enterprise import Deregistered, DeregisteredOutOfOrder, MergedIntoItself
from registry.usecases import vacancies
from registry.usecases.deregister import Deregister, deregister
from registry.usecases.enterprises import EnterpriseChanges, change

DAY = date(2026, 3, 2)


def end(register, firm, caller=PROVINCE, on=DAY, successor=None):
    command = Deregister(on, "注销〔2026〕1号（示例）", successor.id if successor else None)
    return deregister(register.session, caller, firm.id, command, register.clock)


@pytest.fixture
def firm(register):
    return register.firm()


@pytest.fixture
def holder(register, firm):
    person = register.person(firm)
    register.issue(person)
    return person


def test_deregistration_ends_the_appointment_with_the_enterprises_last_day(register, firm, holder):
    appointment = register.appoint(holder, register.post(firm), date(2026, 3, 1))

    end(register, firm)

    [ended] = register.announced("appointment.ended")
    assert (ended["appointment_id"], ended["on"]) == (appointment.id, "2026-03-02")
    assert ended["reason"] == "enterprise_deregistered"
    [gone] = register.announced("enterprise.deregistered")
    assert (gone["enterprise_id"], gone["on"], gone["successor_id"]) == (firm.id, "2026-03-02", None)
    assert register.gaps() == []


def test_no_post_of_it_is_announced_as_vacant(register, firm, holder, session):
    post = register.post(firm)
    register.appoint(holder, post, date(2026, 3, 1))
    end(register, firm)

    rows = session.execute(text("SELECT * FROM due WHERE kind = 'post.vacancy'")).all()
    assert rows
    vacancies.miss(session, rows, register.clock)

    assert register.announced("post.vacancy_overdue") == []


def test_the_holder_stays_in_the_pool_without_an_enterprise(register, firm, holder):
    end(register, firm)

    assert holder.enterprise_id is None
    [changed] = register.announced("person.changed")
    assert (changed["enterprise_id"], changed["division"]) == (None, firm.division)
    assert register.announced("talent.lapsed") == []


def test_after_a_merger_the_people_belong_to_the_successor_where_that_lies(register, firm, holder):
    successor = register.firm(division="220302")

    end(register, firm, successor=successor)

    assert (holder.enterprise_id, holder.division) == (successor.id, "220302")
    [gone] = register.announced("enterprise.deregistered")
    assert gone["successor_id"] == successor.id
    # The bureau that looks after the successor may appoint them there now.
    assert register.appoint(holder, register.post(successor), DAY).enterprise_id == successor.id


def test_nothing_more_is_entered_for_it(register, firm, holder):
    post = register.post(firm)
    end(register, firm, on=date(2026, 2, 27))

    for refused in (
        lambda: register.post(firm, "第二岗位"),
        lambda: register.appoint(holder, post, DAY),
        lambda: register.appoint(holder, post, date(2026, 2, 27)),
        lambda: change(register.session, PROVINCE, firm.id, 2, EnterpriseChanges(name="示例"), register.clock),
        lambda: end(register, firm),
    ):
        with pytest.raises(Deregistered):
            refused()


def test_its_last_day_lies_between_its_first_and_today(register, firm):
    for on in (date(2010, 5, 3), date(2026, 3, 3)):
        with pytest.raises(DeregisteredOutOfOrder):
            end(register, firm, on=on)
    with pytest.raises(MergedIntoItself):
        end(register, firm, successor=firm)


def test_only_a_bureau_that_sees_both_can_merge_them(register, firm):
    elsewhere = register.firm(division="220302")

    with pytest.raises(NotFound):
        end(register, firm, SIPING)
    with pytest.raises(NotFound):
        end(register, firm, CHANGCHUN, successor=elsewhere)
