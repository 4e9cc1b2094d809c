from datetime import date, timedelta

import pytest
from registry_makers import RULES, appointment, enterprise, expired, issued, person, post, revoked, talent

from registry.domain.appointment import Capacity, DayOutOfOrder
from registry.domain.candidacy import (
    AlreadyCqoElsewhere,
    AlreadyCqoHere,
    AppointedBy,
    Candidacy,
    Document,
    Excluded,
    NotInPool,
    NoValidCertificate,
    PostTaken,
    Terms,
    warnings,
)
from registry.domain.exclusion import Exclusion
from registry.domain.post import DEPARTMENTS

DAY = date(2026, 3, 2)


def candidacy(**changes):
    fields = {
        "person": person(),
        "post": post(),
        "enterprise": enterprise(),
        "talent": talent(),
        "certificates": [issued()],
    }
    return Candidacy(**{**fields, **changes})


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
    assert candidacy().admit(DAY, RULES) is None


def test_an_appointment_comes_with_its_announcement_and_with_the_rule_set_that_allowed_it():
    made, event = candidacy().appoint("a1", terms(), RULES, DAY)

    assert (made.id, made.person_id, made.post_id, made.division) == ("a1", "p1", "s1", "220102")
    assert (made.departments, made.warnings, made.ruleset) == (list(DEPARTMENTS), [], 1)
    assert (event.appointment_id, event.enterprise_name, event.person_name) == ("a1", "示例公司", "李明")
    assert made.filing_due_on == event.filing_due_on == date(2026, 4, 1)


def test_what_is_refused_makes_no_appointment():
    with pytest.raises(NotInPool):
        candidacy(talent=None, certificates=[]).appoint("a1", terms(), RULES, DAY)
    with pytest.raises(DayOutOfOrder):
        candidacy().appoint("a1", terms(), RULES, DAY - timedelta(days=1))


def test_a_provisional_appointment_carries_its_deadline():
    rules = RULES.but(appoint_without_certificate="provisional", provisional_days=10)
    made, event = candidacy(talent=None, certificates=[]).appoint("a1", terms(), rules, DAY)

    assert made.provisional_until == event.provisional_until == date(2026, 3, 12)


def test_whoever_never_entered_the_pool_is_refused():
    with pytest.raises(NotInPool) as refusal:
        candidacy(talent=None, certificates=[]).admit(DAY, RULES)

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


def test_an_appointment_dated_back_before_the_loss_of_membership_is_refused():
    with pytest.raises(NotInPool):
        candidacy(talent=talent(status="lapsed"), certificates=[issued(), revoked(date(2026, 3, 1))]).admit(
            date(2026, 2, 1), RULES
        )


def test_the_cqo_of_another_enterprise_is_refused():
    with pytest.raises(AlreadyCqoElsewhere):
        candidacy(appointments=[appointment(enterprise_id="e2", post_id="s2")]).admit(DAY, RULES)


def test_the_holder_of_another_post_in_the_same_enterprise_is_refused():
    with pytest.raises(AlreadyCqoHere):
        candidacy(appointments=[appointment(post_id="s2")]).admit(DAY, RULES)


def test_a_suspended_holder_still_holds_the_post():
    with pytest.raises(PostTaken):
        candidacy(appointments=[appointment(person_id="p2", status="suspended")]).admit(DAY, RULES)


def test_a_post_is_free_from_the_day_after_its_holder_left():
    ended = appointment(person_id="p2", status="ended", ended_on=date(2026, 3, 1))

    assert candidacy(appointments=[ended]).admit(DAY, RULES) is None
    with pytest.raises(PostTaken):
        candidacy(appointments=[ended]).admit(date(2026, 3, 1), RULES)


def test_whoever_is_on_the_exclusion_list_that_day_is_refused():
    entry = Exclusion("x1", "index", "伪造检验报告", "示例〔2026〕9号", date(2026, 3, 1), date(2026, 3, 1))

    with pytest.raises(Excluded):
        candidacy(exclusions=[entry]).admit(DAY, RULES)


def test_the_rule_set_may_accept_an_appointment_before_the_training_for_a_while():
    until = candidacy(talent=None, certificates=[]).admit(
        DAY, RULES.but(appoint_without_certificate="provisional", provisional_days=10)
    )

    assert until == date(2026, 3, 12)


def test_an_appointment_below_decision_level_or_by_a_stranger_is_warned_of():
    assert warnings("王强", "王强", True, ["质量管理", "质量检验", "质量安全"]) == []
    assert warnings("王强", "赵四", False, ["质量管理"]) == ["R24", "R26", "R27"]
