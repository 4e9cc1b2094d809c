"""The dry run: who would get what on a past or coming day, by the rules in force or a draft."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from notice_world import COUNTY, ELSEWHERE, PREFECTURE, PROVINCE
from sqlalchemy import select

from chassis.http import PageArguments
from notifications import schemas
from notifications.domain.notice import Channel
from notifications.domain.rules import Rules
from notifications.queries.due import as_rules
from notifications.queries.plan import plan
from notifications.storage import delivery, notice
from programme import rulesets
from programme.callers import Caller
from programme.rulesets import RuleSet

OFFICE = Caller("wang", "province")
STAFF = Caller("li", "division", division=PREFECTURE)
STAFF_ELSEWHERE = Caller("qian", "division", division=ELSEWHERE)
ENDS = date(2029, 3, 1)


@pytest.fixture
def holder(world, tell):
    firm = world.firm()
    person = world.person(firm)
    tell(firm, person, world.contact("person", person.subject, "li@people.example"))
    return person


@pytest.fixture
def certified(world, tell, holder):
    issued = world.certificate(holder)
    tell(issued)
    return issued


@pytest.fixture
def dry_run(session, clock):
    def ask(on, caller=OFFICE, rules=None, limit=50):
        found = rules or rulesets.rules_on(session, on, Rules)
        items, cursor = [], None
        while True:
            page = plan(session, caller, found, on, clock.today(), PageArguments(limit, cursor))
            items += page.items
            cursor = page.next_cursor
            if cursor is None:
                return items

    return ask


def draft(session, **changes):
    newest, *_ = rulesets.all_versions(session)
    return as_rules(RuleSet(0, newest.effective_from, "draft", {**newest.parameters, **changes}))


def told(items):
    return {
        (item.kind, each.recipient_kind, each.recipient_id, on.channel)
        for item in items
        for each in item.recipients
        for on in each.channels
        if on.outcome != "withdrawn"
    }


def sent(session, on):
    """What was written on the day."""
    rows = session.execute(
        select(notice.c.kind, notice.c.recipient_kind, notice.c.recipient_id, delivery.c.channel)
        .join(delivery, delivery.c.notice_id == notice.c.id)
        .where(notice.c.due_on == on)
    )
    return set(map(tuple, rows))


def test_what_it_says_of_a_coming_day_is_what_is_sent_on_it(session, certified, dry_run, sweep, clock):
    day = ENDS - timedelta(days=30)
    promised = told(dry_run(day))
    assert len(promised) == 6 and dry_run(day - timedelta(days=1)) == []

    clock.at = datetime(2029, 1, 30, 1, tzinfo=UTC)
    sweep()

    assert sent(session, day) == promised


def test_of_a_past_day_it_has_the_events_that_came_with_those_whom_they_concerned(
    session, world, tell, certified, holder, dry_run, clock
):
    today = clock.today()
    of = {"class_id": "k", "person_id": holder.subject, "enterprise_id": None, "on": today.isoformat()}
    tell(world.event("appeal.submitted.v1", "e1", of), world.revoked(certified))
    clock.move(days=5)

    assert told(dry_run(today)) == sent(session, today)


def test_it_is_answered_with_all_that_it_found(certified, dry_run):
    (shown,) = schemas.PlanItem(many=True).dump(dry_run(ENDS - timedelta(days=30)))

    assert {each["audience"]: each["recipient_kind"] for each in shown["recipients"]} == {
        "person": "person",
        "enterprise": "enterprise",
        "division": "division",
    }
    assert {on["channel"] for each in shown["recipients"] for on in each["channels"]} == {"in_app", "email"}


def test_it_says_by_which_channel_and_why_not(session, world, tell, certified, holder, dry_run):
    (item,) = dry_run(ENDS - timedelta(days=30))
    by = {(each.audience, on.channel): on.outcome for each in item.recipients for on in each.channels}
    assert by[("person", Channel.EMAIL)] == "goes" and by[("enterprise", Channel.EMAIL)] == "no_address"

    tell(world.of_certificate("suspended", certified, date(2026, 3, 3)))
    (item,) = dry_run(ENDS - timedelta(days=30))
    assert {(on.outcome, on.reason) for each in item.recipients for on in each.channels} == {
        ("withdrawn", "the certificate is suspended")
    }


def test_a_draft_is_tried_and_nothing_of_it_is_kept(session, certified, dry_run):
    rules = [dict(each) for each in draft(session).notices]
    for each in rules:
        if each["key"] == "certificate_expiring":
            each["due"] = {"field": "valid_until", "days": [-45]}
            each["audience"], each["channels"] = ["person", "prefecture", "centre"], ["in_app"]
    tried = draft(session, notices=rules)

    assert dry_run(ENDS - timedelta(days=30), rules=tried) == []
    (item,) = dry_run(ENDS - timedelta(days=45), rules=tried)
    assert [each.recipient_id for each in item.recipients][1:] == [PREFECTURE, "training_centre"]
    assert len(rulesets.all_versions(session)) == 1 and dry_run(ENDS - timedelta(days=45)) == []


def test_quiet_hours_and_working_days_say_when_it_may_go(session, certified, dry_run):
    timing = {"quiet_from": "20:00", "quiet_until": "08:00", "working_days_only": ["email"], "digest_at": "08:30"}
    (item,) = dry_run(date(2029, 1, 30), rules=draft(session, timing=timing))
    person = next(each for each in item.recipients if each.audience == "person")
    at = {on.channel: on.at.isoformat() for on in person.channels}
    # Tuesday 30 January 2029; what is shown in the inbox is shown at once.
    assert at == {Channel.IN_APP: "2029-01-30T00:00:00+08:00", Channel.EMAIL: "2029-01-30T08:00:00+08:00"}
    assert item.unknown_years == [2029]


def test_stages_are_shown_on_their_days(session, world, tell, holder, dry_run, clock):
    of = {"appointment_id": "a1", "enterprise_id": holder.data["enterprise_id"], "person_id": holder.subject}
    data = {**of, "filing_due_on": "2026-03-01", "on": "2026-03-02"}
    tell(world.event("appointment.filing_overdue.v1", "a1", data))

    for day, office in ((date(2026, 3, 9), PREFECTURE), (date(2026, 3, 16), PROVINCE)):
        (item,) = dry_run(day)
        assert [each.recipient_id for each in item.recipients] == [office]
        assert item.about == "appointment:a1" and item.unknown_years == []
    assert dry_run(date(2026, 3, 10)) == []


def test_each_sees_its_own_part_and_names_only_there(session, world, tell, certified, holder, dry_run):
    day = ENDS - timedelta(days=30)
    assert dry_run(day, STAFF_ELSEWHERE) == [] and len(dry_run(day, STAFF)) == 1

    other = world.firm(ELSEWHERE)
    tell(other, world.appointment(holder, other))  # the person lives in the county, and works elsewhere
    assert dry_run(day, STAFF) == []
    (item,) = dry_run(day, STAFF_ELSEWHERE)
    names = {each.audience: each.name for each in item.recipients}
    assert names["person"] is None and names["enterprise"] == other.data["name"]
    (item,) = dry_run(day)
    assert {each.audience: each.name for each in item.recipients}["person"] == holder.data["name"]
    assert COUNTY not in [each.recipient_id for each in item.recipients]


def test_it_comes_page_by_page(session, world, tell, dry_run):
    firm = world.firm()
    people = [world.person(firm) for _ in range(7)]
    tell(firm, *people, *(world.certificate(person) for person in people))

    found = dry_run(ENDS - timedelta(days=30), limit=3)
    assert len(found) == 7 and len({item.about for item in found}) == 7
