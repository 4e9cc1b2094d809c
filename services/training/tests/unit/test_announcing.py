"""A certificate and a nomination come with their event, and only by the decision that allows both."""

from datetime import date

import pytest
from training_makers import RULES, enrolled, initial_class, rules

from training.domain.certificate import Certificate
from training.domain.certificate_refusals import NotPassed
from training.domain.class_refusals import ClassIsClosed
from training.domain.nomination import Nomination, NotOfThisEnterprise
from training.domain.parties import Enterprise, Person
from training.domain.places import ClassIsFull, Places

DAY = date(2026, 3, 13)
FIRM = Enterprise("firm", "示例企业", "220102")
PERSON = Person("person", "李明", "220102", "firm")


def places(capacity=1):
    return Places(capacity, {}, {}, {})


def issue(enrolment, by=RULES):
    return Certificate.issue("k", "CQO-JL-2026-220100-000012", PERSON, enrolment, DAY, by)


def test_who_has_passed_is_issued_a_certificate_for_a_term_by_the_rule_set():
    enrolment = enrolled(initial_class())
    enrolment.complete(initial_class(), RULES, DAY)
    certificate, event = issue(enrolment, rules(version=4, certificate_months=12))

    assert (event.certificate_id, event.person_id, event.enterprise_id) == ("k", "person", "firm")
    assert (event.valid_from, event.valid_until, event.ruleset) == (DAY, date(2027, 3, 12), 4)
    assert (certificate.valid_until, certificate.ruleset, certificate.division) == (date(2027, 3, 12), 4, "220102")


def test_who_has_not_been_judged_or_has_failed_is_issued_none():
    judged = enrolled(initial_class(), scores=(59,))
    with pytest.raises(NotPassed):
        issue(judged)
    judged.complete(initial_class(), RULES, DAY)

    with pytest.raises(NotPassed):
        issue(judged)


def test_a_nomination_takes_a_place_and_announces_the_class_by_its_name():
    free = places()
    nomination, event = Nomination.submit("n", initial_class(), FIRM, PERSON, free, DAY)

    assert (nomination.id, nomination.class_id, nomination.division) == ("n", "class", "220102")
    assert (event.nomination_id, event.class_name, event.on) == ("n", "任职培训班（示例）", DAY)
    assert free.taken == {"person": "220102"}


@pytest.mark.parametrize(
    ("changes", "person", "capacity", "refusal"),
    [
        ({"status": "closed"}, PERSON, 1, ClassIsClosed),
        ({}, Person("person", "李明", "220102", "another"), 1, NotOfThisEnterprise),
        ({}, PERSON, 0, ClassIsFull),
    ],
)
def test_a_nomination_that_a_rule_forbids_takes_no_place(changes, person, capacity, refusal):
    free = places(capacity)
    with pytest.raises(refusal):
        Nomination.submit("n", initial_class(**changes), FIRM, person, free, DAY)

    assert free.taken == {}
