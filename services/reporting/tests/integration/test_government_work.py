"""What the offices do themselves: plans, campaigns, honours and good practices (R19, R50–R54)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from reporting_world import CHANGCHUN, NANGUAN, PROVINCE, SIPING
from sqlalchemy import text

from chassis.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from chassis.http import PageArguments
from programme.callers import Caller
from reporting.domain.campaigns import CampaignKind, CampaignOver, NotACqo, NotYetBegun
from reporting.domain.honours import AlreadyWithdrawn, HonourKind
from reporting.domain.plans import Measure, PlanThere
from reporting.domain.practices import PracticeGone
from reporting.queries import government
from reporting.queries.government import CampaignFilters, HonourFilters, PlanFilters, PracticeFilters
from reporting.usecases import campaigns, honours, plans, practices
from reporting.usecases.campaigns import (
    AnnounceCampaign,
    CancelCampaign,
    CloseCampaign,
    EnterParticipants,
    Result,
    TakingPart,
)
from reporting.usecases.honours import GiveHonour, WithdrawHonour
from reporting.usecases.plans import MakePlan, RevisePlan
from reporting.usecases.practices import PublishPractice, WithdrawPractice
from testkit.divisions import TIEXI

OF_CHANGCHUN = Caller("c", "division", division=CHANGCHUN)
OF_SIPING = Caller("s", "division", division=SIPING)
PAGE = PageArguments(100)
DOCUMENT = "示例文号〔2026〕1号"


def announced(session):
    session.flush()
    rows = session.execute(text("SELECT type, data FROM outbox ORDER BY seq"))
    return [(row.type.removesuffix(".v1"), row.data) for row in rows]


@pytest.fixture
def firms(apply, chronicle):
    """An enterprise of 长春 and one of 四平, each with its CQO."""
    first, second = chronicle.enterprise(NANGUAN), chronicle.enterprise(TIEXI)
    made = [chronicle.made(firm, "2026-01-05") for firm in (first, second)]
    apply(first, second, *made)
    return [(firm.subject, event.data["person_id"]) for firm, event in zip((first, second), made, strict=True)]


def make_plan(session, clock, caller=OF_CHANGCHUN, division=CHANGCHUN, **changes):
    measures = [Measure("摸底", date(2026, 2, 28)), Measure("培训", date(2026, 6, 30))]
    command = MakePlan(**{"document": DOCUMENT, "measures": measures, "division": division, "year": 2026, **changes})
    return plans.make_plan(session, caller, command, clock)


def test_a_locality_makes_its_plan_for_a_year_and_says_how_far_it_has_come(session, apply, clock):
    plan = make_plan(session, clock)
    with pytest.raises(PlanThere):
        make_plan(session, clock)
    with pytest.raises(Forbidden):
        make_plan(session, clock, OF_SIPING)
    done = [Measure("摸底", date(2026, 2, 28), date(2026, 2, 20)), Measure("培训", date(2026, 6, 30))]
    with pytest.raises(NotFound):
        plans.revise_plan(session, OF_SIPING, plan.id, 1, RevisePlan(DOCUMENT, done), clock)

    plans.revise_plan(session, OF_CHANGCHUN, plan.id, 1, RevisePlan(DOCUMENT, done), clock)

    with pytest.raises(StaleVersion):
        plans.revise_plan(session, OF_CHANGCHUN, plan.id, 1, RevisePlan(DOCUMENT, done), clock)
    assert [(kind, data["measures"], data["done"]) for kind, data in announced(session)] == [
        ("rollout_plan.set", 2, 0),
        ("rollout_plan.set", 2, 1),
    ]
    session.expire_all()
    (found,) = government.plans(session, OF_CHANGCHUN, PlanFilters(year=2026), clock.today(), PAGE).items
    assert found.measures == done and found.version == 2
    assert government.plans(session, OF_SIPING, PlanFilters(), clock.today(), PAGE).items == []


@pytest.mark.parametrize(
    ("measure", "place"),
    [
        (Measure("甲", date(2027, 1, 1)), "/measures/0/due_on"),
        (Measure("甲", date(2026, 1, 1), date(2026, 3, 3)), "/measures/0/done_on"),
    ],
)
def test_a_measure_lies_in_the_plans_year_and_was_not_done_tomorrow(session, apply, clock, measure, place):
    with pytest.raises(InvalidInput) as refused:
        make_plan(session, clock, measures=[measure])

    assert refused.value.facts["errors"][0]["pointer"] == place


def announce(session, clock, caller=PROVINCE, division="220000", **changes):
    facts = {
        "kind": CampaignKind.BREAKTHROUGH,
        "title": "质量攻关",
        "starts_on": date(2026, 3, 1),
        "ends_on": date(2026, 9, 30),
        "document": DOCUMENT,
    }
    return campaigns.announce(session, caller, AnnounceCampaign(**{**facts, "division": division, **changes}), clock)


def test_cqos_take_part_in_a_campaign_and_it_is_closed_with_its_results(session, firms, clock):
    campaign = announce(session, clock)
    (first, cqo), (second, other) = firms
    campaigns.enter_participants(session, OF_CHANGCHUN, campaign.id, EnterParticipants([TakingPart(first, cqo)]), clock)
    # A bureau enters its own; the province's campaign is not its to close.
    with pytest.raises(InvalidInput):
        campaigns.enter_participants(
            session, OF_CHANGCHUN, campaign.id, EnterParticipants([TakingPart(second, other)]), clock
        )
    with pytest.raises(NotFound):
        campaigns.close(session, OF_CHANGCHUN, campaign.id, CloseCampaign([]), clock)
    with pytest.raises(NotACqo):
        campaigns.enter_participants(
            session, PROVINCE, campaign.id, EnterParticipants([TakingPart(second, cqo)]), clock
        )
    campaigns.enter_participants(session, OF_SIPING, campaign.id, EnterParticipants([TakingPart(second, other)]), clock)
    with pytest.raises(InvalidInput):
        campaigns.close(session, PROVINCE, campaign.id, CloseCampaign([Result("nobody", "无")]), clock)

    campaigns.close(session, PROVINCE, campaign.id, CloseCampaign([Result(first, "不良率下降一半")]), clock)

    kind, data = announced(session)[-1]
    assert (kind, data["participants"], data["results"]) == ("campaign.closed", 2, 1)
    seen = {
        caller.subject: [
            (row.enterprise_id, row.result)
            for row in government.participants(session, caller, campaign.id, clock.today(), PAGE).items
        ]
        for caller in (PROVINCE, OF_SIPING)
    }
    assert sorted(seen["province"], key=str) == sorted([(first, "不良率下降一半"), (second, None)], key=str)
    assert seen["s"] == [(second, None)]
    with pytest.raises(CampaignOver):
        campaigns.cancel(session, PROVINCE, campaign.id, CancelCampaign("示例"), clock)
    closed = CampaignFilters(year=2026, status="closed")
    assert [row.id for row in government.campaigns(session, closed, PAGE).items] == [campaign.id]


def test_a_campaign_that_has_not_begun_is_cancelled_and_not_closed(session, apply, clock):
    campaign = announce(session, clock, starts_on=clock.today() + timedelta(1))
    with pytest.raises(NotYetBegun):
        campaigns.close(session, PROVINCE, campaign.id, CloseCampaign([]), clock)
    with pytest.raises(InvalidInput):
        announce(session, clock, ends_on=date(2026, 2, 1))

    campaigns.cancel(session, PROVINCE, campaign.id, CancelCampaign("示例原因"), clock)

    assert announced(session)[-1][1]["reason"] == "示例原因"


def give(session, clock, firm, caller=PROVINCE, **changes):
    facts = {"kind": HonourKind.BENCHMARK, "industry": "C36", "title": "行业质量标杆", "document": DOCUMENT}
    facts |= {"valid_from": date(2026, 3, 1), "enterprise_id": firm}
    return honours.give(session, caller, GiveHonour(**{**facts, **changes}), clock)


def held(session, clock, **filters):
    return [row.id for row in government.honours(session, HonourFilters(**filters), clock.today(), PAGE).items]


def test_cqos_are_commended_and_enterprises_are_benchmarks_of_their_industry(session, firms, clock):
    (first, cqo), (second, other) = firms
    of_a_cqo = {"kind": HonourKind.EXCELLENT_CQO, "industry": None}
    commended = give(session, clock, first, **of_a_cqo, person_id=cqo)
    benchmark = give(session, clock, second, valid_until=date(2026, 12, 31))
    of_a_city = give(session, clock, first, OF_CHANGCHUN, division=CHANGCHUN, industry="C27")

    assert held(session, clock, industry="C36") == [benchmark.id]
    assert held(session, clock, industry="C36", on=date(2027, 1, 1)) == []
    assert set(held(session, clock, enterprise_id=first)) == {commended.id, of_a_city.id}
    with pytest.raises(NotACqo):
        give(session, clock, first, **of_a_cqo, person_id=other)
    with pytest.raises(Forbidden):
        give(session, clock, first, OF_CHANGCHUN)  # the province's honour
    ended = {"valid_until": date(2026, 1, 1)}
    for wrong in ({"person_id": cqo}, {"industry": None}, of_a_cqo, {**of_a_cqo, "industry": "C36"}, ended):
        with pytest.raises(InvalidInput):
            give(session, clock, first, **wrong)

    honours.withdraw(session, PROVINCE, commended.id, WithdrawHonour("示例原因", DOCUMENT), clock)

    assert held(session, clock, person_id=cqo) == []
    assert held(session, clock, person_id=cqo, on=date(2026, 3, 1)) == [commended.id]
    with pytest.raises(AlreadyWithdrawn):
        honours.withdraw(session, PROVINCE, commended.id, WithdrawHonour("示例原因", DOCUMENT), clock)
    assert [kind for kind, _ in announced(session)] == ["honour.given"] * 3 + ["honour.withdrawn"]


def test_good_practice_is_found_by_title_and_industry_until_it_is_withdrawn(session, firms, clock):
    (first, _), (second, _) = firms
    facts = {"industry": "C3660", "title": "来料检验前移", "paragraphs": ["一、做法。", "二、成效。"]}
    practice = practices.publish(session, PROVINCE, PublishPractice(enterprise_id=first, **facts), clock)
    with pytest.raises(InvalidInput):
        command = PublishPractice(enterprise_id=second, division=CHANGCHUN, **facts)
        practices.publish(session, OF_CHANGCHUN, command, clock)

    def found(**filters):
        return [row.id for row in government.practices(session, PracticeFilters(**filters), PAGE).items]

    assert found() == found(title="检验") == found(industry="C36") == found(enterprise_id=first) == [practice.id]
    assert found(title="%") == found(industry="C37") == found(division=CHANGCHUN) == []

    practices.withdraw(session, PROVINCE, practice.id, WithdrawPractice("示例原因"), clock)

    assert found() == []
    with pytest.raises(PracticeGone):
        practices.withdraw(session, PROVINCE, practice.id, WithdrawPractice("示例原因"), clock)
    assert [kind for kind, _ in announced(session)] == ["practice.published", "practice.withdrawn"]
