from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_makers import RULES, certificate, rules

from training.domain.certificate import (
    CertificateStatus,
    EducationShort,
    IsRevoked,
    OutsideRenewalWindow,
    add_months,
    end_of_term,
)

END = date(2029, 3, 12)
DAYS = st.dates(date(2013, 9, 18), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2026, 3, 13), 36, date(2029, 3, 12)),
        (date(2026, 3, 1), 36, date(2029, 2, 28)),
        (date(2025, 3, 1), 36, date(2028, 2, 29)),  # 2028 is a leap year
        (date(2024, 2, 29), 36, date(2027, 2, 28)),  # 2027 has no 29 February
        (date(2024, 2, 29), 48, date(2028, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
    ],
)
def test_a_term_ends_on_the_day_before_the_same_day_or_on_the_last_of_a_shorter_month(first, months, last):
    assert end_of_term(first, months) == last


@given(DAYS, st.integers(1, 240))
def test_the_next_term_begins_at_most_a_short_month_before_the_same_day(first, months):
    follows = end_of_term(first, months) + timedelta(days=1)

    same = add_months(first, months)
    assert follows == same or (same.day < first.day and follows == same + timedelta(days=1))


def test_a_renewal_in_time_adds_a_term_to_the_old_end():
    renewed = certificate(END)
    event = renewed.renew(END - timedelta(days=90), 16, rules(version=2))

    assert (event.previous_valid_until, event.valid_until, event.ruleset) == (END, date(2032, 3, 12), 2)


def test_a_renewal_of_what_ends_with_february_keeps_the_leap_day():
    renewed = certificate(date(2029, 2, 28))
    renewed.renew(date(2029, 2, 1), 16, RULES)

    assert renewed.valid_until == date(2032, 2, 29)


def test_a_late_renewal_begins_on_its_own_day():
    renewed = certificate(END, status=CertificateStatus.EXPIRED)
    renewed.renew(END + timedelta(days=365), 16, RULES)

    assert (renewed.status, renewed.valid_until) == ("valid", date(2033, 3, 11))


@pytest.mark.parametrize(
    ("days", "open_"), [(-91, False), (-90, True), (0, True), (1, True), (365, True), (366, False)]
)
def test_the_renewal_window_opens_and_closes_to_the_day(days, open_):
    renewed = certificate(END)
    on = END + timedelta(days=days)
    window = renewed.renewal_criteria(on, 16, RULES)[0]

    assert window.met is open_
    if not open_:
        with pytest.raises(OutsideRenewalWindow) as refused:
            renewed.renew(on, 16, RULES)
        assert refused.value.facts == {"opens": "2028-12-12", "closes": "2030-03-12"}


def test_a_renewal_needs_the_years_education():
    renewed = certificate(END)
    with pytest.raises(EducationShort) as refused:
        renewed.renew(END, 15.5, RULES)

    assert refused.value.facts == {"hours": 15.5, "required_hours": 16}
    assert renewed.valid_until == END


def test_what_was_revoked_is_neither_renewed_nor_revoked_again_nor_announced_any_more():
    revoked = certificate(END)
    event = revoked.revoke(date(2027, 1, 5), "申报材料不实", "示例文号〔2027〕1号")

    assert (event.reason, event.document, revoked.status) == (
        "申报材料不实",
        "示例文号〔2027〕1号",
        CertificateStatus.REVOKED,
    )
    for change in (lambda: revoked.renew(END, 16, RULES), lambda: revoked.revoke(END, "x", "y")):
        with pytest.raises(IsRevoked):
            change()
    assert revoked.remind(END - timedelta(days=30)) is None
    assert revoked.expire() is None


def test_a_reminder_that_is_late_says_the_days_that_are_left():
    late = certificate(END).remind(END - timedelta(days=20))
    last = certificate(END).remind(END)

    assert (late.days_left, late.on, last.days_left) == (20, END - timedelta(days=20), 0)


def test_a_certificate_expires_on_the_day_after_its_last_and_only_once():
    ended = certificate(END)
    event = ended.expire()

    assert (event.on, ended.status) == (END + timedelta(days=1), CertificateStatus.EXPIRED)
    assert ended.expire() is None
    assert ended.remind(END + timedelta(days=41)) is None
