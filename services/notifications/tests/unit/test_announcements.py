"""Which event is announced as what, and to whom."""

from __future__ import annotations

import pytest
from notice_examples import EVENTS as EXAMPLES

from notifications.domain import announcements
from notifications.domain.announcements import DIVISION, ENTERPRISE, PERSON, matching
from notifications.domain.recipients import Parties


@pytest.mark.parametrize(("event", "data"), EXAMPLES)
def test_each_event_to_be_announced_has_exactly_one_kind(event, data):
    assert len(matching(event, data)) == 1


def test_each_kind_has_an_example():
    shown = {announcement.kind for event, data in EXAMPLES for announcement in matching(event, data)}

    assert shown == set(announcements.KINDS)


def test_an_event_that_concerns_nobody_is_announced_to_nobody():
    assert matching("post.opened.v1", {}) == []


def test_a_late_filing_is_told_as_late_and_a_timely_one_is_not():
    assert [announcement.kind for announcement in matching("appointment.filed.v1", {"late": True})] == [
        "appointment_filed_late"
    ]
    assert [announcement.kind for announcement in matching("appointment.filed.v1", {"late": False})] == [
        "appointment_filed"
    ]


@pytest.mark.parametrize(
    ("event", "recipients"),
    [
        ("certificate.issued.v1", {PERSON, ENTERPRISE}),
        ("certificate.revoked.v1", {PERSON, ENTERPRISE, DIVISION}),
        ("appointment.filing_overdue.v1", {ENTERPRISE, DIVISION}),
        ("target.set.v1", {DIVISION}),
        ("target.set.v2", {DIVISION}),
    ],
)
def test_those_who_must_act_are_told(event, recipients):
    assert {
        recipient
        for announcement in announcements.ANNOUNCEMENTS
        if announcement.event == event
        for recipient in announcement.recipients
    } == recipients


def test_no_announcement_stands_twice():
    pairs = [
        (announcement.event, announcement.kind, recipient)
        for announcement in announcements.ANNOUNCEMENTS
        for recipient in announcement.recipients
    ]

    assert len(pairs) == len(set(pairs))


def test_a_party_that_an_event_does_not_concern_is_nobody():
    parties = Parties(person_id="p", division="220102")

    assert [parties.of(kind) for kind in (PERSON, ENTERPRISE, DIVISION)] == ["p", None, "220102"]
