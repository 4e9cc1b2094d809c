from datetime import date, timedelta

import pytest
from registry_makers import RULES, appointment, enterprise, expired, issued, person, post, revoked

from registry.domain.admission import (
    EducationBehind,
    Excluded,
    NoDeclaration,
    NotInPool,
    NoValidCertificate,
    TooLittleExperience,
)
from registry.domain.appointment import Capacity, DayOutOfOrder
from registry.domain.candidacy import (
    WARNINGS,
    AlreadyCqoElsewhere,
    AlreadyCqoHere,
    AppointedBy,
    BeforeTheEnterprise,
    Candidacy,
    Document,
    PostTaken,
    Terms,
    warnings,
)
from registry.domain.departments import DEPARTMENTS, directed
from registry.domain.eligibility import Dossier
from registry.domain.exclusion import Exclusion
from registry.domain.person import restate

DAY = date(2026, 3, 2)


def stated(**facts):
    return restate("p1", [], {"quality_years": 5, "declaration": True, **facts}, date(2026, 1, 1))


def candidacy(appointments=(), **known):
    dossier = Dossier(**{"facts": stated(), "certificates": [issued()], **known})
    return Candidacy(person(), post(), enterprise(), dossier, list(appointments))


def terms(**changes):
    fields = {
        "appointed_on": DAY,
        "appointed_by": AppointedBy("王强", Capacity.LEGAL_REPRESENTATIVE),
        "document": Document("示例〔2026〕1号", DAY),
        "authorisation": "授权书 1 号",
        "position": "副总经理",
        "decision_level": True,
    }
    return Terms(**{**fields, **changes})


def test_a_member_of_the_pool_with_a_valid_certificate_may_be_appointed_to_a_vacant_post():
    assert candidacy().admit(DAY, RULES) == (None, [])


def test_an_appointment_comes_with_its_announcement_and_with_the_rule_set_that_allowed_it():
    made, event = candidacy().appoint("a1", terms(), RULES, DAY)

    assert (made.id, made.person_id, made.post_id, made.division) == ("a1", "p1", "s1", "220102")
    assert (made.departments, made.warnings, made.ruleset) == (list(DEPARTMENTS), [], 1)
    assert (event.appointment_id, event.enterprise_name, event.person_name) == ("a1", "示例公司", "李明")
    assert made.filing_due_on == event.filing_due_on == date(2026, 4, 1)


def test_what_is_refused_makes_no_appointment():
    with pytest.raises(NotInPool):
        candidacy(certificates=[]).appoint("a1", terms(), RULES, DAY)
    with pytest.raises(DayOutOfOrder):
        candidacy().appoint("a1", terms(), RULES, DAY - timedelta(days=1))


def test_an_enterprise_appoints_nobody_before_it_is_registered():
    with pytest.raises(BeforeTheEnterprise) as refused:
        candidacy().appoint("a1", terms(appointed_on=date(2026, 3, 1)), RULES, DAY)

    assert refused.value.facts == {"registered_on": "2026-03-02"}


def test_a_provisional_appointment_carries_its_deadline():
    rules = RULES.but(appoint_without_certificate="provisional", provisional_days=10)
    made, event = candidacy(certificates=[]).appoint("a1", terms(), rules, DAY)

    assert made.provisional_until == event.provisional_until == date(2026, 3, 12)


def test_whoever_never_entered_the_pool_is_refused():
    with pytest.raises(NotInPool) as refusal:
        candidacy(certificates=[]).admit(DAY, RULES)

    assert refusal.value.rule == "R23"
    assert "人才库" in refusal.value.sentence("zh")
    assert "talent pool" in refusal.value.sentence("en")


@pytest.mark.parametrize("day", [date(2026, 1, 9), date(2029, 1, 10)])
def test_a_certificate_must_be_valid_on_the_very_day_of_the_appointment(day):
    with pytest.raises(NoValidCertificate):
        candidacy().admit(day, RULES)


@pytest.mark.parametrize("end", [expired, revoked])
def test_a_certificate_that_ended_before_the_day_does_not_count(end):
    with pytest.raises(NoValidCertificate):
        candidacy(certificates=[issued(), end(date(2026, 3, 1))]).admit(DAY, RULES)


def test_an_appointment_entered_late_is_decided_by_the_standing_on_its_own_day():
    late = candidacy(certificates=[issued(), revoked(date(2026, 3, 1))])

    assert late.admit(date(2026, 2, 1), RULES) == (None, [])


def test_the_cqo_of_another_enterprise_is_refused():
    with pytest.raises(AlreadyCqoElsewhere):
        candidacy([appointment(enterprise_id="e2", post_id="s2")]).admit(DAY, RULES)


def test_the_holder_of_another_post_in_the_same_enterprise_is_refused():
    with pytest.raises(AlreadyCqoHere):
        candidacy([appointment(post_id="s2")]).admit(DAY, RULES)


def test_a_suspended_holder_still_holds_the_post():
    with pytest.raises(PostTaken):
        candidacy([appointment(person_id="p2", status="suspended")]).admit(DAY, RULES)


def test_a_post_is_free_from_the_day_after_its_holder_left():
    ended = appointment(person_id="p2", status="ended", ended_on=date(2026, 3, 1))

    assert candidacy([ended]).admit(DAY, RULES) == (None, [])
    with pytest.raises(PostTaken):
        candidacy([ended]).admit(date(2026, 3, 1), RULES)


def test_whoever_is_on_the_exclusion_list_that_day_is_refused():
    entry = Exclusion("x1", "index", "伪造检验报告", "示例〔2026〕9号", date(2026, 3, 1), date(2026, 3, 1))

    with pytest.raises(Excluded):
        candidacy(exclusions=[entry]).admit(DAY, RULES)


def test_the_rule_set_may_accept_an_appointment_before_the_training_for_a_while():
    until, warned_of = candidacy(certificates=[]).admit(
        DAY, RULES.but(appoint_without_certificate="provisional", provisional_days=10)
    )

    assert (until, warned_of) == (date(2026, 3, 12), ["R31", "R33"])


EXCLUSION = Exclusion("x1", "index", "伪造检验报告", "示例〔2026〕9号", date(2026, 3, 1), date(2026, 3, 1))
# A dossier that lacks one thing, the parameter that says what this means, the refusal, and what is warned of.
LACKS = {
    "an exclusion stands": ({"exclusions": [EXCLUSION]}, "appoint_excluded", Excluded, "R30:excluded"),
    "no declaration": ({"facts": stated(declaration=None)}, "appoint_without_declaration", NoDeclaration, "R30"),
    "too little quality work": (
        {"facts": stated(quality_years=1)},
        "appoint_without_experience",
        TooLittleExperience,
        "R32",
    ),
    "behind with education": (
        {"certificates": [issued(date(2024, 1, 10), date(2027, 1, 9))]},
        "appoint_without_education",
        EducationBehind,
        "R34",
    ),
}


@pytest.mark.parametrize(("known", "parameter", "refusal", "code"), LACKS.values(), ids=LACKS)
def test_each_criterion_refuses_or_warns_by_the_rule_set(known, parameter, refusal, code):
    with pytest.raises(refusal) as refused:
        candidacy(**known).admit(DAY, RULES.but(**{parameter: "refuse"}))
    assert [each["rule"] for each in refused.value.facts["unmet"]] == [code.partition(":")[0]] == [refusal.rule]

    made, _ = candidacy(**known).appoint("a1", terms(), RULES.but(**{parameter: "warn"}), DAY)
    assert made.warnings == [code]
    assert WARNINGS[code].zh and WARNINGS[code].en


def test_a_refusal_names_every_criterion_for_which_it_is_one():
    rules = RULES.but(appoint_without_declaration="refuse", appoint_without_education="refuse")
    with pytest.raises(NotInPool) as refused:
        candidacy(facts=[], certificates=[]).admit(DAY, rules)

    unmet = refused.value.facts["unmet"]
    assert [each["rule"] for each in unmet] == ["R30", "R31", "R32", "R33", "R34"]
    assert all(each["why"] and each["why_zh"] for each in unmet)


def test_by_default_an_exclusion_experience_and_the_certificate_refuse_and_the_rest_is_warned_of():
    made, _ = candidacy(
        facts=stated(declaration=None), certificates=[issued(date(2024, 1, 10), date(2027, 1, 9))]
    ).appoint("a1", terms(), RULES, DAY)

    assert made.warnings == ["R30", "R34"]


@pytest.mark.parametrize("other", [{"enterprise_id": "e2", "post_id": "s2"}, {"post_id": "s2"}])
def test_the_rule_set_may_let_a_cqo_hold_another_post(other):
    warned = candidacy([appointment(**other)]).admit(DAY, RULES.but(appoint_cqo_of_another="warn"))

    assert warned == (None, ["another_post"])


def test_an_appointment_below_decision_level_or_by_a_stranger_is_warned_of():
    assert warnings("王强", "王强", True, directed(["质量管理", "质量检验", "质量安全"], {})) == []
    assert warnings("王强", "赵四", False, directed(["质量管理"], {})) == ["R24", "R26", "R27"]


def test_a_department_is_known_by_its_key_whatever_the_enterprise_calls_it():
    names = ["质量管理部", "质量检验科", "安环部"]

    warned = candidacy().appoint("a1", terms(departments=names), RULES, DAY)[0]
    assert warned.warnings == ["R27"]
    keyed = terms(departments=names, department_keys={"quality_safety": "安环部"})
    made, _ = candidacy().appoint("a1", keyed, RULES, DAY)
    assert (made.departments, made.warnings) == (names, [])
    assert made.department_keys == {
        "quality_management": "质量管理部",
        "quality_inspection": "质量检验科",
        "quality_safety": "安环部",
    }


def test_an_appointment_without_departments_directs_those_of_its_post():
    made, _ = candidacy().appoint("a1", terms(department_keys={"quality_inspection": "检测中心"}), RULES, DAY)

    assert made.warnings == [] and made.departments == ["质量管理", "质量检验", "质量安全", "检测中心"]
