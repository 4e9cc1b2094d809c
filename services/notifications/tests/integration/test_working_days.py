"""Quiet hours and working days, by the calendar that somebody entered, the library's, or Monday to Friday."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from notifications.adapters.working_days import WorkingDays, unknown_year
from notifications.domain.notice import Channel, State
from notifications.storage import calendar_year, delivery, notice
from programme import rulesets
from programme.callers import Caller

OFFICE = Caller("wang", "province")
TIMING = {"quiet_from": "20:00", "quiet_until": "08:00", "working_days_only": ["email"], "digest_at": "08:30"}


def enter(session, year, off=(), worked=()):
    values = {"year": year, "days_off": list(off), "days_worked": list(worked), "document": "示例"}
    session.execute(calendar_year.insert().values(**values, entered_on=date(2026, 1, 1)))


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [("2026-03-02", True), ("2026-03-01", False), ("2026-10-01", False), ("2026-10-10", True), ("2026-02-14", True)],
)
def test_a_year_that_nobody_entered_is_the_librarys(session, day, is_worked):
    assert WorkingDays(session).is_working(date.fromisoformat(day)) is is_worked


def test_what_was_entered_goes_before_the_library(session):
    enter(session, 2026, off=["2026-03-02"], worked=["2026-03-01"])
    calendar = WorkingDays(session)

    assert not calendar.is_working(date(2026, 3, 2)) and calendar.is_working(date(2026, 3, 1))
    assert calendar.is_working(date(2026, 10, 1)), "the whole year is as it was entered"


def test_a_year_that_neither_knows_is_monday_to_friday_and_is_told_of(session, caplog):
    calendar = WorkingDays(session)
    with caplog.at_level(logging.WARNING):
        assert calendar.is_working(date(2051, 10, 2)) and not calendar.is_working(date(2051, 10, 1))

    assert calendar.unknown_years == {2051}
    assert [record.getMessage() for record in caplog.records] == [
        "the holidays of 2051 are not known: Monday to Friday is taken for worked; POST /calendar"
    ]
    assert unknown_year.labels(2051)._value.get() == 1


def test_a_letter_that_may_not_go_yet_waits_and_the_inbox_has_it_at_once(session, world, tell, clock):
    newest, *_ = rulesets.all_versions(session)
    changed = {**newest.parameters, "timing": TIMING}
    rulesets.publish(session, OFFICE, rulesets.PublishRuleSet(clock.today(), "示例", changed, "示例"), clock)
    firm = world.firm()
    person = world.person(firm)
    tell(firm, person)
    clock.at = datetime(2026, 9, 30, 13, tzinfo=UTC)  # 21:00 in Shanghai, before the holiday of seven days

    tell(world.certificate(person))

    rows = session.execute(select(delivery.c.channel, delivery.c.state, delivery.c.next_attempt_at)).all()
    assert {(row.channel, row.state) for row in rows} == {
        (Channel.IN_APP, State.SENT),
        (Channel.EMAIL, State.PENDING),
    }
    # By the machine's clock, as all waits: as long as it is until Thursday 8 October, 08:00, by the programme's.
    waits = [row.next_attempt_at - datetime.now(UTC) for row in rows if row.channel == Channel.EMAIL]
    expected = datetime(2026, 10, 8, 0, tzinfo=UTC) - clock.at
    assert all(expected - timedelta(minutes=5) < wait <= expected for wait in waits)


def test_letters_of_an_audience_that_gathers_them_wait_for_the_hour_of_digests(session, world, tell, clock):
    newest, *_ = rulesets.all_versions(session)
    rules = [{**each, "digest": ["enterprise"]} for each in newest.parameters["notices"]]
    changed = {**newest.parameters, "notices": rules, "timing": TIMING}
    rulesets.publish(session, OFFICE, rulesets.PublishRuleSet(clock.today(), "示例", changed, "示例"), clock)
    firm = world.firm()
    person = world.person(firm)
    tell(firm, person, world.certificate(person))  # at 9:00 on a Monday

    rows = session.execute(
        select(notice.c.recipient_kind, delivery.c.next_attempt_at, delivery.c.gathers_at, delivery.c.gather_key)
        .join(notice)
        .where(delivery.c.channel == Channel.EMAIL)
    ).all()
    by = {row.recipient_kind: row for row in rows}
    assert by["person"].gathers_at is None and by["person"].next_attempt_at is not None
    gathered = by["enterprise"]
    assert gathered.next_attempt_at is None and gathered.gather_key == f"email:enterprise:{firm.subject}"
    wait = gathered.gathers_at - datetime.now(UTC)
    assert timedelta(hours=23, minutes=25) < wait <= timedelta(hours=23, minutes=30)
