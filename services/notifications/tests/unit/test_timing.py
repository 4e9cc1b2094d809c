"""When something may go out: the quiet hours, and the working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.notice import Channel
from notifications.domain.timing import SHANGHAI, Timing, opening_days_of, working_day_after

OVERNIGHT = {"quiet_from": "20:00", "quiet_until": "08:00", "working_days_only": ["email"], "digest_at": "08:30"}
AT_NOON = {"quiet_from": "12:00", "quiet_until": "14:00", "working_days_only": [], "digest_at": "08:30"}
NEVER = {"quiet_from": None, "quiet_until": None, "working_days_only": [], "digest_at": "08:30"}
HOLIDAY = {date(2026, 10, 1) + timedelta(days=n) for n in range(8)}


def is_working(day):
    return day.weekday() < 5 and day not in HOLIDAY


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("timing", "now", "then"),
    [
        (OVERNIGHT, "2026-09-29T10:00", "2026-09-29T10:00"),
        (OVERNIGHT, "2026-09-29T20:00", "2026-09-30T08:00"),
        (OVERNIGHT, "2026-09-30T07:59", "2026-09-30T08:00"),
        (OVERNIGHT, "2026-09-30T08:00", "2026-09-30T08:00"),
        # The evening before the holiday: the first working day after it, when the night is over.
        (OVERNIGHT, "2026-09-30T21:00", "2026-10-09T08:00"),
        (OVERNIGHT, "2026-10-10T12:00", "2026-10-12T08:00"),  # a Saturday
        (AT_NOON, "2026-09-29T12:30", "2026-09-29T14:00"),
        (AT_NOON, "2026-10-03T15:00", "2026-10-03T15:00"),
        (NEVER, "2026-10-03T03:00", "2026-10-03T03:00"),
    ],
)
def test_a_letter_goes_at_the_first_moment_that_is_allowed(timing, now, then):
    found = Timing.of(timing).next_allowed(Channel.EMAIL, at(now).astimezone(UTC), is_working)

    assert found == at(then) and found.tzinfo == UTC


def test_what_is_shown_in_an_inbox_is_shown_at_once():
    now = at("2026-10-01T03:00")
    assert Timing.of(OVERNIGHT).next_allowed(Channel.IN_APP, now, is_working) == now


def test_a_calendar_without_any_working_day_holds_nothing_up():
    now = at("2026-10-01T12:00")
    assert Timing.of(OVERNIGHT).next_allowed(Channel.EMAIL, now, lambda day: False) == now


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(1, 30))
def test_the_days_on_which_a_matter_was_opened_are_found_from_the_day_of_its_stage(opened_on, number):
    due_on = working_day_after(opened_on, number, is_working)

    assert is_working(due_on)
    found = opening_days_of(due_on, number, is_working)
    assert opened_on in found
    assert {working_day_after(each, number, is_working) for each in found} == {due_on}
