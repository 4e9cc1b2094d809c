"""Proposals (R42), problems and hazards (R46), public service (R49), grades (R29): what each refuses."""

from datetime import UTC, date, datetime

import pytest
from registry_makers import RULES, appointment

from registry.domain.conduct import (
    BeforeItBegan,
    DecidedFinally,
    Hazard,
    HazardClosed,
    HazardKind,
    OutsideTheOffice,
    Proposal,
    ProposalDecision,
    Proposed,
    PublicService,
    Served,
    Spotted,
)
from registry.domain.grade import Graded, NotGradedYet, Performance, PerformanceGrade

TODAY = date(2026, 3, 20)
ACCEPTED, DECLINED, DEFERRED = ProposalDecision


def proposal(made_on=date(2026, 3, 2), **changes):
    told = Proposed(made_on=made_on, addressed_to="总经理办公会", content="增设出厂检验岗位")
    return Proposal.make("x1", appointment(**changes), told, TODAY)


def hazard(found_on=date(2026, 3, 2), **changes):
    told = Spotted(kind=HazardKind.HAZARD, found_on=found_on, description="压力表未检定")
    return Hazard.report("x1", appointment(**changes), told, "cqo", TODAY, RULES)


def service(served_on=date(2026, 3, 2), **changes):
    told = Served(activity="中小企业质量咨询", served_on=served_on, hours=2.5, evidence="签到表")
    return PublicService.record("x1", appointment(**changes), told, "cqo", TODAY)


@pytest.mark.parametrize("make", [proposal, hazard, service])
def test_each_is_of_a_day_in_office(make):
    assert make().appointment_id == "a1"
    for day, changes in (
        (date(2026, 1, 31), {}),
        (date(2026, 3, 21), {}),
        (date(2026, 3, 2), {"ended_on": date(2026, 3, 1)}),
    ):
        with pytest.raises(OutsideTheOffice):
            make(day, **changes)


def test_a_proposal_is_decided_once_and_a_deferred_one_again():
    made = proposal()
    made.decide(DEFERRED, date(2026, 3, 5), "待预算", TODAY)
    with pytest.raises(BeforeItBegan):
        made.decide(ACCEPTED, date(2026, 3, 4), None, TODAY)
    made.decide(ACCEPTED, date(2026, 3, 10), None, TODAY)

    assert (made.decision, made.decided_on, made.remark) == ("accepted", date(2026, 3, 10), None)
    with pytest.raises(DecidedFinally):
        made.decide(DECLINED, TODAY, None, TODAY)


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2026, 3, 21)])
def test_an_answer_is_not_older_than_what_it_answers_nor_to_come(day):
    with pytest.raises(BeforeItBegan):
        proposal().decide(ACCEPTED, day, None, TODAY)
    with pytest.raises(BeforeItBegan):
        hazard().close(day, "已检定", TODAY)


def test_a_hazard_is_dealt_with_by_the_rule_sets_day_and_once():
    found = hazard()
    assert (found.due_on, found.ruleset) == (date(2026, 4, 19), 1)
    found.close(date(2026, 3, 10), "已检定", TODAY)

    assert (found.closed_on, found.measure) == (date(2026, 3, 10), "已检定")
    with pytest.raises(HazardClosed):
        found.close(TODAY, "又检定", TODAY)


def graded(year, **changes):
    told = Graded(year=year, grade=PerformanceGrade.GOOD, document="示例〔2027〕3号", allowance_fen=1_200_000)
    now = datetime(2028, 1, 5, tzinfo=UTC)
    return Performance.record(appointment(**changes), told, "firm", now, date(2028, 1, 5), corrects=False)


@pytest.mark.parametrize(("year", "ended_on"), [(2025, None), (2029, None), (2028, date(2027, 12, 31))])
def test_a_grade_is_of_a_year_in_office_that_has_begun(year, ended_on):
    with pytest.raises(NotGradedYet):
        graded(year, ended_on=ended_on)


def test_the_grade_is_announced_and_the_allowance_is_not():
    made, event = graded(2027)

    assert (made.grade, made.allowance_fen, event.grade, event.year) == ("good", 1_200_000, "good", 2027)
    assert not [name for name in vars(event) if "allowance" in name]
