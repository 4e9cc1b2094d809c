from datetime import date

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, id_number, uscc

from chassis.errors import NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries
from registry.domain.recommendation import AlreadyRecommended, Finding, Outcome
from registry.queries import RecommendationFilters
from registry.seed import seed
from registry.usecases import enterprises
from registry.usecases.enterprises import EnterpriseChanges
from registry.usecases.people import PersonChanges, change
from registry.usecases.recommend import (
    Declaration,
    DeclaredAhead,
    EvidenceStated,
    NoEnterprise,
    Recommend,
    WithdrawRecommendation,
    complete,
    recommend,
    withdraw,
)
from registry.usecases.review import Review, review
from testkit import Client

FIRM = {
    "uscc": uscc(1),
    "name": "示例企业",
    "division": "220102",
    "industry": "C36",
    "above_threshold": True,
    "legal_representative": "王强",
    "registered_on": "2010-05-04",
}
LETTER = Recommend("示例荐〔2026〕1号")


@pytest.fixture
def firm(register):
    return register.firm()


@pytest.fixture
def candidate(register, firm):
    return register.person(firm, declaration=False)


@pytest.fixture
def own(firm):
    return Caller("q", "enterprise", enterprise_id=firm.id)


def findings(*unmet):
    return [Finding(rule, rule not in unmet, "核对原件") for rule in ("R30", "R31", "R32")]


def met(register, person, on):
    decided = queries.eligibility(register.session, PROVINCE, person.id, on, register.clock.today())
    return {criterion.rule for criterion in decided.criteria if criterion.met}


def test_a_candidate_is_recommended_with_evidence_reviewed_and_admitted(register, candidate, own):
    session, clock = register.session, register.clock
    letter = Recommend(
        "示例荐〔2026〕1号",
        Declaration(date(2026, 2, 20), "诚信承诺书"),
        [EvidenceStated("R32", "2018年起任质量部经理", "劳动合同")],
    )
    made = recommend(session, own, candidate.id, letter, clock)
    review(session, CHANGCHUN, made.id, Review(findings(), Outcome.ADMIT), clock)
    session.flush()

    full = queries.recommendation_in_full(session, own, made.id, clock.today())
    assert full.recommendation.status == "admitted"
    assert [(each.rule, each.document) for each in full.evidence] == [("R30", "诚信承诺书"), ("R32", "劳动合同")]
    assert [(each.rule, each.met, each.reviewer) for each in full.decisions] == [
        ("R30", True, "li"),
        ("R31", True, "li"),
        ("R32", True, "li"),
    ]
    [said], [admitted] = register.announced("recommendation.made"), register.announced("recommendation.admitted")
    assert (said["person_id"], said["review_due_on"]) == (candidate.id, "2026-03-17")
    assert admitted["recommendation_id"] == made.id
    assert register.gaps() == []


def test_a_declaration_holds_from_the_day_on_which_it_was_made(register, candidate, own):
    assert "R30" not in met(register, candidate, date(2026, 3, 2))
    with pytest.raises(DeclaredAhead), register.session.begin_nested():
        ahead = Recommend("示例荐〔2026〕1号", Declaration(date(2026, 3, 3), "诚信承诺书"))
        recommend(register.session, own, candidate.id, ahead, register.clock)
    letter = Recommend("示例荐〔2026〕1号", Declaration(date(2026, 2, 20), "诚信承诺书"))
    recommend(register.session, own, candidate.id, letter, register.clock)
    register.session.flush()

    assert "R30" in met(register, candidate, date(2026, 2, 20))
    assert "R30" not in met(register, candidate, date(2026, 2, 19))
    assert candidate.version == 2 and len(register.announced("person.changed")) == 1


def test_what_a_reviewer_found_not_met_is_not_met_until_it_is_reviewed_anew(register, candidate, own):
    session, clock = register.session, register.clock
    made = recommend(session, own, candidate.id, LETTER, clock)
    assert "R32" in met(register, candidate, clock.today())
    refused = Review(findings("R32"), Outcome.REFUSE, "履历不实")
    review(session, CHANGCHUN, made.id, refused, clock)
    session.flush()
    assert "R32" not in met(register, candidate, clock.today())

    clock.move(days=10)
    again = recommend(session, own, candidate.id, LETTER, clock)
    review(session, CHANGCHUN, again.id, Review(findings(), Outcome.ADMIT), clock)
    session.flush()

    assert "R32" in met(register, candidate, clock.today())
    assert "R32" not in met(register, candidate, date(2026, 3, 11))


def test_a_person_is_recommended_by_an_enterprise_once_at_a_time(register, candidate, own):
    made = recommend(register.session, own, candidate.id, LETTER, register.clock)
    with pytest.raises(AlreadyRecommended):
        recommend(register.session, PROVINCE, candidate.id, LETTER, register.clock)

    withdraw(register.session, own, made.id, WithdrawRecommendation("人员离职"), register.clock)
    recommend(register.session, own, candidate.id, LETTER, register.clock)

    assert len(register.announced("recommendation.made")) == 2


def test_a_returned_recommendation_is_completed_with_further_evidence(register, candidate, own):
    session, clock = register.session, register.clock
    made = recommend(session, own, candidate.id, LETTER, clock)
    review(session, CHANGCHUN, made.id, Review(findings("R30"), Outcome.RETURN, "缺诚信承诺书"), clock)
    clock.move(days=3)

    completed = complete(
        session, own, made.id, Recommend("示例荐〔2026〕2号", Declaration(date(2026, 3, 4), "诚信承诺书")), clock
    )

    assert (completed.status, completed.review_due_on) == ("recommended", date(2026, 3, 20))
    assert [each["document"] for each in register.announced("recommendation.made")] == [
        "示例荐〔2026〕1号",
        "示例荐〔2026〕2号",
    ]
    assert register.gaps() == []


def test_everybody_sees_their_own_recommendations_and_the_bureau_what_is_overdue(register, firm, candidate, own):
    session = register.session
    made = recommend(session, own, candidate.id, LETTER, register.clock)
    session.flush()

    def listed(caller, **filters):
        page = queries.recommendations(
            session, caller, RecommendationFilters(**filters), register.clock.today(), PageArguments(50)
        )
        return [each.id for each in page.items]

    stranger = Caller("s", "enterprise", enterprise_id="another")
    himself = Caller("c", "cqo", person_id=candidate.id)
    assert [listed(each) for each in (PROVINCE, CHANGCHUN, own, himself)] == [[made.id]] * 4
    assert listed(SIPING) == listed(stranger) == listed(CHANGCHUN, overdue=True) == []
    with pytest.raises(NotFound):
        review(session, SIPING, made.id, Review(findings(), Outcome.ADMIT), register.clock)
    register.clock.move(days=16)
    assert listed(CHANGCHUN, overdue=True) == [made.id]

    enterprises.change(session, PROVINCE, firm.id, 1, EnterpriseChanges(division="220302"), register.clock)
    assert listed(SIPING) == [made.id] and listed(CHANGCHUN) == []


def test_only_somebody_in_an_enterprise_is_recommended(register, candidate):
    freed = PersonChanges(enterprise_id=None, division="220102")
    change(register.session, PROVINCE, candidate.id, 1, freed, register.clock)

    with pytest.raises(NoEnterprise):
        recommend(register.session, PROVINCE, candidate.id, LETTER, register.clock)


def test_the_way_of_a_recommendation_over_http(running_service, token):
    service = running_service("registry", "api")
    seed(service.settings["database_url"])
    province = Client(service.url, token("province"))
    firm = province.post("/enterprises", FIRM)["id"]
    person = {"name": "李明", "id_number": id_number(1), "enterprise_id": firm, "quality_years": 5}
    person_id = province.post("/people", person)["id"]
    own, bureau = (
        Client(service.url, token("enterprise", enterprise=firm)),
        Client(service.url, token("division", division="220100")),
    )
    letter = {
        "document": "示例荐〔2026〕1号",
        "declaration": {"made_on": "2026-02-20", "document": "诚信承诺书"},
        "evidence": [{"rule": "R32", "statement": "2018年起任质量部经理"}],
    }
    made = own.post(f"/people/{person_id}/recommendations", letter)
    decided = [{"rule": rule, "met": rule != "R32", "grounds": "核对原件"} for rule in ("R30", "R31", "R32")]
    review_path = f"/recommendations/{made['id']}/review"

    own.call("POST", review_path, 403, json={"findings": decided, "outcome": "admit"})
    refused = bureau.call("POST", review_path, 409, json={"findings": decided, "outcome": "admit"})
    assert refused["unmet"] == ["R32"]
    returned = bureau.post(review_path, {"findings": decided, "outcome": "return", "remark": "请补充任职证明"})
    assert (returned["status"], returned["remark"]) == ("returned", "请补充任职证明")
    completed = own.post(f"/recommendations/{made['id']}/completion", {**letter, "document": "示例荐〔2026〕2号"})
    assert completed["status"] == "recommended"
    decided = [{**each, "met": True} for each in decided]
    assert bureau.post(review_path, {"findings": decided, "outcome": "admit"})["status"] == "admitted"

    full = own.get(f"/recommendations/{made['id']}")
    assert [each["rule"] for each in full["decisions"]] == ["R30", "R31", "R32"] * 2
    assert [each["rule"] for each in full["evidence"]] == ["R30", "R32"] * 2
    assert own.get("/recommendations?status=admitted")["items"][0]["id"] == made["id"]
    criteria = own.get(f"/people/{person_id}/eligibility")["criteria"]
    assert {"kind": "review", "met": True, "grounds": "核对原件"}.items() <= criteria[2]["evidence"][-1].items()
