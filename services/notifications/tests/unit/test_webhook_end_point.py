"""What an end point's answers mean for it, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifications.adapters.webhook import target
from notifications.adapters.webhook.guard import ForbiddenTarget
from notifications.config import DEFAULT_SCHEDULE, parse_schedule
from notifications.domain.webhook import LONGEST_PAUSE, EndPoint, Policy

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
POLICY = Policy(DEFAULT_SCHEDULE)


def fail(end_point, times, status=500, retry_after=None, now=NOW):
    for _ in range(times):
        end_point.failed(status, retry_after, POLICY, now)


def test_the_schedule_is_that_of_the_configuration_and_has_an_end():
    assert [POLICY.wait_after(attempts) for attempts in (1, 2, 9, 10)] == [5, 300, 86400, None]
    assert parse_schedule("5,300,1800,7200,18000,36000,50400,72000,86400") == DEFAULT_SCHEDULE


@pytest.mark.parametrize("text", ["", "5,", "0", "-1", "5;300", "inf", "nan", "soon"])
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(ValueError, match=r"could not|not positive"):
        parse_schedule(text)


def test_the_breaker_opens_after_five_failures_in_a_row_and_waits_longer_after_each_probe():
    end_point = EndPoint()
    fail(end_point, 4)
    assert not end_point.is_open and not end_point.is_paused(NOW)

    waits, now = [], NOW
    for _ in range(8):
        fail(end_point, 1, now=now)
        waits.append((end_point.resume_at - now).total_seconds())
        now = end_point.resume_at

    assert end_point.is_open and waits == [5, 10, 20, 40, 80, 160, 300, 300]


def test_what_was_under_way_when_the_breaker_opened_does_not_lengthen_the_wait():
    end_point = EndPoint()
    fail(end_point, 5)
    before = end_point.resume_at

    fail(end_point, 20)

    assert end_point.resume_at == before


def test_a_success_closes_the_breaker_and_says_so():
    end_point = EndPoint()
    fail(end_point, 5)

    assert end_point.succeeded() is True and end_point == EndPoint()
    assert end_point.succeeded() is False


@pytest.mark.parametrize(("status", "pauses"), [(429, True), (503, True), (500, False), (302, False), (None, False)])
def test_retry_after_counts_where_the_specification_gives_it_a_meaning(status, pauses):
    end_point = EndPoint()

    fail(end_point, 1, status, 90.0)

    assert end_point.is_paused(NOW + timedelta(seconds=89)) is pauses
    assert not end_point.is_paused(NOW + timedelta(seconds=90))


def test_no_end_point_pauses_itself_for_longer_than_a_day():
    end_point = EndPoint()

    fail(end_point, 1, 503, 10.0**9)

    assert end_point.resume_at == NOW + timedelta(seconds=LONGEST_PAUSE)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "`url` is missing"),
        ({"url": 5}, "`url` is missing"),
        ({"url": "https://a.example.cn/", "secret": "x"}, "no 'secret'"),
        ({"url": "https://a.example.cn/", "networks": "10.0.0.0/8"}, "list"),
        ({"url": "https://a.example.cn/", "networks": ["0.0.0.0/0"]}, "no approval opens"),
        ({"url": "https://a.example.cn/", "networks": ["10.0.0.0/8"] * 11}, "at most 10"),
        ({"url": "https://a.example.cn/", "connections": 33}, "from 1 to 32"),
        ({"url": "https://a.example.cn/", "connections": True}, "from 1 to 32"),
        ({"url": "https://a.example.cn/", "per_second": 0}, "from 0.1"),
        ({"url": "https://a.example.cn/", "authority": "x"}, "no certificate"),
        ({"url": "http://a.example.cn/"}, "https://"),
    ],
)
def test_a_target_says_what_is_wrong_with_it(given, reason):
    with pytest.raises(ForbiddenTarget, match=reason):
        target.read(given)


def test_a_target_with_all_its_parts():
    read = target.read({"url": "http://a.intra:8080/x", "networks": ["10.0.0.0/8"], "connections": 2, "per_second": 5})

    assert (read.at.port, read.connections, read.per_second) == (8080, 2, 5)
