from datetime import date

import pytest
from registry_makers import RULES, person

from registry.domain.recommendation import (
    AlreadyDecided,
    CriteriaUnmet,
    Finding,
    NotEveryCriterion,
    NotReturned,
    Outcome,
    ReasonMissing,
    Recommendation,
    WaitsForEnterprise,
)

DAY, LATER = date(2026, 3, 2), date(2026, 3, 9)


def recommended():
    made, _ = Recommendation.make("r1", "e1", person(), "示例荐〔2026〕1号", DAY, RULES)
    return made


def findings(*unmet):
    return [Finding(rule, rule not in unmet, "材料齐全") for rule in ("R30", "R31", "R32")]


def test_a_recommendation_says_by_when_it_is_to_be_reviewed():
    made, event = Recommendation.make("r1", "e1", person(), "示例荐〔2026〕1号", DAY, RULES.but(review_days=10))

    assert (made.status, made.division, made.review_due_on) == ("recommended", "220102", date(2026, 3, 12))
    assert (event.person_id, event.enterprise_id, event.review_due_on) == ("p1", "e1", date(2026, 3, 12))


def test_a_review_decides_each_criterion_and_admits_where_all_are_met():
    made = recommended()
    decisions, event = made.review(findings(), Outcome.ADMIT, None, "li", LATER)

    assert (made.status, made.decided_on, event.type) == ("admitted", LATER, "recommendation.admitted.v1")
    assert [(each.rule, each.met, each.person_id, each.reviewer) for each in decisions] == [
        ("R30", True, "p1", "li"),
        ("R31", True, "p1", "li"),
        ("R32", True, "p1", "li"),
    ]


def test_nobody_is_admitted_with_a_criterion_unmet_or_undecided():
    with pytest.raises(CriteriaUnmet) as refused:
        recommended().review(findings("R32"), Outcome.ADMIT, None, "li", LATER)
    assert refused.value.facts == {"unmet": ["R32"]}

    for incomplete in (findings()[1:], [*findings(), findings()[0]], []):
        with pytest.raises(NotEveryCriterion):
            recommended().review(incomplete, Outcome.ADMIT, None, "li", LATER)


@pytest.mark.parametrize(("outcome", "status"), [(Outcome.RETURN, "returned"), (Outcome.REFUSE, "refused")])
def test_what_is_returned_or_refused_has_a_reason(outcome, status):
    with pytest.raises(ReasonMissing):
        recommended().review(findings("R30"), outcome, None, "li", LATER)
    made = recommended()
    _, event = made.review(findings("R30"), outcome, "承诺书未签字", "li", LATER)

    assert (made.status, made.remark, event.type) == (status, "承诺书未签字", f"recommendation.{status}.v1")


def test_a_returned_recommendation_waits_for_its_enterprise_and_comes_again():
    made = recommended()
    with pytest.raises(NotReturned):
        made.complete("示例荐〔2026〕2号", LATER, RULES)
    made.review(findings("R30"), Outcome.RETURN, "承诺书未签字", "li", LATER)
    with pytest.raises(WaitsForEnterprise):
        made.review(findings(), Outcome.ADMIT, None, "li", LATER)

    event = made.complete("示例荐〔2026〕2号", LATER, RULES)

    assert (made.status, made.review_due_on, event.document) == ("recommended", date(2026, 3, 24), "示例荐〔2026〕2号")
    assert made.review(findings(), Outcome.ADMIT, None, "li", LATER)[1].type == "recommendation.admitted.v1"


def test_what_is_decided_or_withdrawn_stays_so():
    for end in (
        lambda made: made.review(findings(), Outcome.ADMIT, None, "li", LATER),
        lambda made: made.review(findings("R30"), Outcome.REFUSE, "不符合条件", "li", LATER),
        lambda made: made.withdraw("人员离职", LATER),
    ):
        made = recommended()
        end(made)
        for act in (
            lambda made: made.review(findings(), Outcome.ADMIT, None, "li", LATER),
            lambda made: made.withdraw("人员离职", LATER),
            lambda made: made.complete("示例荐〔2026〕2号", LATER, RULES),
        ):
            with pytest.raises(AlreadyDecided):
                act(made)
