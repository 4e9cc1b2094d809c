from datetime import date

import pytest
from registry_makers import RULES, appointment, expired, issued

from registry.domain.appointment import AlreadyEnded, DayOutOfOrder
from registry.domain.certificates import valid_on
from registry.domain.filing import AlreadyFiled, AlreadySubmitted, NotSubmitted, filing_due

TODAY = date(2026, 4, 1)


def test_filing_on_the_last_day_is_in_time_and_the_day_after_is_late():
    assert filing_due(date(2026, 2, 1), RULES) == date(2026, 3, 3)
    assert appointment().file(date(2026, 3, 3), "BA-1", TODAY).late is False
    assert appointment().file(date(2026, 3, 4), "BA-1", TODAY).late is True


def test_an_appointment_is_filed_once_and_not_before_it_was_made_nor_ahead_of_today():
    filed = appointment()
    filed.file(date(2026, 2, 2), "BA-1", TODAY)

    with pytest.raises(AlreadyFiled):
        filed.file(date(2026, 2, 3), "BA-2", TODAY)
    with pytest.raises(DayOutOfOrder):
        appointment().file(date(2026, 1, 31), "BA-1", TODAY)
    with pytest.raises(DayOutOfOrder):
        appointment().file(date(2026, 4, 2), "BA-1", TODAY)


def test_a_filing_is_late_by_the_day_of_submission_however_long_the_bureau_takes():
    held, late = appointment(), appointment()
    held.submit(date(2026, 3, 3), TODAY)
    late.submit(date(2026, 3, 4), TODAY)

    assert held.file(date(2026, 3, 20), "BA-1", TODAY).late is False
    assert (held.submitted_on, held.filed_on) == (date(2026, 3, 3), date(2026, 3, 20))
    assert late.file(date(2026, 3, 20), "BA-2", TODAY).late is True


def test_what_was_returned_keeps_its_day_if_it_comes_back_within_the_rule_sets_days():
    held, slow = appointment(), appointment()
    for each in (held, slow):
        each.submit(date(2026, 3, 3), TODAY)
        event = each.return_filing(date(2026, 3, 5), "缺授权书", RULES)
        assert (event.resubmit_by, each.filing) == (date(2026, 3, 15), "returned")
    held.submit(date(2026, 3, 15), TODAY)
    slow.submit(date(2026, 3, 16), TODAY)

    assert held.file(date(2026, 3, 17), "BA-1", TODAY).late is False
    assert slow.file(date(2026, 3, 17), "BA-2", TODAY).late is True


def test_nobody_submits_twice_and_nothing_is_returned_that_was_not_submitted():
    held = appointment()
    with pytest.raises(NotSubmitted):
        held.return_filing(TODAY, "缺授权书", RULES)
    held.submit(date(2026, 2, 2), TODAY)

    with pytest.raises(AlreadySubmitted):
        held.submit(date(2026, 2, 3), TODAY)
    with pytest.raises(DayOutOfOrder):
        held.file(date(2026, 2, 1), "BA-1", TODAY)


def test_nothing_is_overdue_while_the_bureau_has_it_and_what_is_returned_is_again():
    held = appointment()
    held.submit(date(2026, 3, 3), TODAY)
    assert held.miss_filing(TODAY) is None

    held.return_filing(date(2026, 3, 5), "缺授权书", RULES)

    assert held.last_filing_day == date(2026, 3, 15)
    assert held.miss_filing(TODAY).filing_due_on == date(2026, 3, 15)


def test_filing_is_overdue_only_while_it_is_owed():
    filed = appointment()
    filed.file(date(2026, 2, 2), "BA-1", TODAY)

    assert filed.miss_filing(TODAY) is None
    assert appointment(status="ended").miss_filing(TODAY) is None
    assert appointment().miss_filing(TODAY).filing_due_on == date(2026, 3, 3)


def test_an_appointment_ends_once():
    held = appointment()
    held.end(TODAY, "辞职", TODAY)

    with pytest.raises(AlreadyEnded):
        held.end(TODAY, "辞职", TODAY)


def test_a_day_before_the_expiry_still_sees_the_certificate_valid():
    facts = [issued(date(2023, 4, 1), date(2026, 3, 31)), expired(date(2026, 4, 1))]

    assert valid_on(facts, date(2026, 3, 31)) is facts[0]
    assert valid_on(facts, date(2026, 4, 1)) is None
