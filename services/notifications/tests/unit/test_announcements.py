"""Which event is announced as what, and to whom, by the rules of rule set 1."""

from __future__ import annotations

import pytest
from default_rules import RULES, matching

from notifications.adapters.examples import examples_of
from notifications.adapters.texts import RULES_KINDS
from notifications.domain.recipients import CENTRE_ID, Audience, Parties, RecipientKind
from notifications.handlers.followed import RECORDS

PERSON, ENTERPRISE, DIVISION, PREFECTURE, PROVINCE, CENTRE = Audience
EXAMPLES = [(each.event, each.data) for rule in RULES for each in examples_of(rule.key)]


@pytest.mark.parametrize(("event", "data"), EXAMPLES)
def test_each_event_is_announced_at_once_by_one_rule_for_each_audience(event, data):
    told = [audience for rule in matching(event, data) if rule.due is None for audience in rule.audience]

    assert told and len(told) == len(set(told))


def test_each_template_has_a_rule_and_an_example():
    assert {rule.key for rule in RULES} == set(RULES_KINDS)
    assert {rule.key for event, data in EXAMPLES for rule in matching(event, data)} == set(RULES_KINDS)


def test_each_event_that_is_followed_is_announced():
    assert {event for rule in RULES for event in rule.events} == set(RECORDS)


def test_an_event_that_concerns_nobody_is_announced_to_nobody():
    assert matching("post.opened.v1", {}) == []


def test_a_late_filing_is_told_as_late_and_a_timely_one_is_not():
    for late, kind in ((True, "appointment_filed_late"), (False, "appointment_filed")):
        assert [rule.key for rule in matching("appointment.filed.v1", {"late": late})] == [kind]


@pytest.mark.parametrize(
    ("event", "audience"),
    [
        ("certificate.issued.v1", {PERSON, ENTERPRISE}),
        ("certificate.revoked.v1", {PERSON, ENTERPRISE, DIVISION}),
        ("appointment.filing_overdue.v1", {ENTERPRISE, DIVISION}),
        ("incident.forwarding_overdue.v1", {PROVINCE}),
        ("appeal.submitted.v1", {PERSON, ENTERPRISE, CENTRE}),
        ("honour.given.v1", {PERSON, ENTERPRISE}),
        ("target.set.v1", {DIVISION}),
        ("target.set.v2", {DIVISION}),
    ],
)
def test_those_who_must_act_are_told(event, audience):
    told = {each for rule in RULES if event in rule.events and rule.due is None for each in rule.audience}

    assert told == audience


def test_what_stays_undone_goes_up_to_the_prefecture_and_to_the_province():
    rising = {rule.key: [stage.audience for stage in rule.escalations] for rule in RULES if rule.escalations}

    both = [(PREFECTURE,), (PROVINCE,)]
    assert rising == {
        "appointment_filing_overdue": both,
        "post_vacancy_overdue": both,
        "duty_report_overdue": both,
        "incident_final_report_overdue": both,
        # The county has not acted, and the province knows already.
        "incident_forwarding_overdue": [(PREFECTURE, PROVINCE)],
    }


def test_a_party_that_an_event_does_not_concern_is_nobody():
    parties = Parties(person_id="p", division="220102")

    found = parties.recipients((PERSON, ENTERPRISE, DIVISION, PREFECTURE, CENTRE))
    assert [(each.kind, each.id) for each in found] == [
        (RecipientKind.PERSON, "p"),
        (RecipientKind.DIVISION, "220102"),
        (RecipientKind.DIVISION, CENTRE_ID),
    ]


def test_an_office_that_is_several_of_the_audiences_is_told_once():
    parties = Parties(division="220100", prefecture="220100", province="220000")

    assert [each.id for each in parties.recipients((DIVISION, PREFECTURE, PROVINCE))] == ["220100", "220000"]
