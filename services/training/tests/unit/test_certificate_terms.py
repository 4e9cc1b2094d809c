from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_makers import EDUCATED, RULES, certificate, rules

from training.domain.certificate import CertificateStatus, Decision, Grounds, term_began
from training.domain.certificate_refusals import EducationShort, IsRevoked, OutsideRenewalWindow
from training.domain.education import YearTaken, years_of_duty
from training.domain.term import add_months, end_of_term

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
    event = renewed.renew(END - timedelta(days=90), EDUCATED, rules(version=2))

    assert (event.previous_valid_until, event.valid_until, event.ruleset) == (END, date(2032, 3, 12), 2)


def test_a_renewal_of_what_ends_with_february_keeps_the_leap_day():
    renewed = certificate(date(2029, 2, 28))
    renewed.renew(date(2029, 2, 1), EDUCATED, RULES)

    assert renewed.valid_until == date(2032, 2, 29)


def test_a_late_renewal_begins_on_its_own_day():
    renewed = certificate(END, status=CertificateStatus.EXPIRED)
    renewed.renew(END + timedelta(days=365), EDUCATED, RULES)

    assert (renewed.status, renewed.valid_until) == ("valid", date(2033, 3, 11))


@pytest.mark.parametrize(
    ("days", "open_"), [(-91, False), (-90, True), (0, True), (1, True), (365, True), (366, False)]
)
def test_the_renewal_window_opens_and_closes_to_the_day(days, open_):
    renewed = certificate(END)
    on = END + timedelta(days=days)
    window = renewed.renewal_criteria(on, EDUCATED, RULES)[0]

    assert window.met is open_
    if not open_:
        with pytest.raises(OutsideRenewalWindow) as refused:
            renewed.renew(on, EDUCATED, RULES)
        assert refused.value.facts == {"opens": "2028-12-12", "closes": "2030-03-12"}


def test_a_renewal_needs_the_education_of_each_year_of_the_term():
    renewed = certificate(END)
    taken = [YearTaken(2027, 15.5, 16), YearTaken(2028, 40, 16)]
    with pytest.raises(EducationShort) as refused:
        renewed.renew(END, taken, RULES)

    assert refused.value.facts == {"years": [2027], "hours": 15.5, "required_hours": 16}
    assert renewed.valid_until == END
    criteria = {criterion.name: criterion.met for criterion in renewed.renewal_criteria(END, taken, RULES)}
    assert criteria == {"renewal window": True, "continuing education 2027": False, "continuing education 2028": True}


@pytest.mark.parametrize(
    ("began", "until", "is_first", "exempt", "years"),
    [
        (date(2026, 3, 13), END, True, True, [2027, 2028]),
        (date(2026, 3, 13), END, True, False, [2026, 2027, 2028]),
        (date(2029, 3, 13), date(2032, 3, 12), False, True, [2029, 2030, 2031]),
        (date(2026, 1, 1), date(2028, 12, 31), True, True, [2027, 2028]),  # it holds on the last day of 2028
        (date(2026, 12, 31), date(2027, 12, 30), True, False, [2026]),
        (date(2026, 3, 13), date(2026, 9, 12), True, False, []),
    ],
)
def test_each_year_at_whose_end_the_certificate_holds_asks_for_education(began, until, is_first, exempt, years):
    assert years_of_duty(began, until, is_first, rules(education_exempt_first_year=exempt)) == years


def test_the_present_term_begins_with_the_last_renewal():
    held = certificate(END)
    issued = held.record(date(2026, 3, 13), Decision.ISSUED, Grounds())
    assert term_began([issued]) == (date(2026, 3, 13), True)

    held.renew(END - timedelta(days=30), EDUCATED, RULES)
    early = held.record(END - timedelta(days=30), Decision.RENEWED, Grounds())
    assert term_began([issued, early]) == (END + timedelta(days=1), False)
    late = held.record(date(2032, 6, 1), Decision.RENEWED, Grounds())
    assert term_began([issued, early, late]) == (date(2032, 6, 1), False)


def test_what_was_revoked_is_neither_renewed_nor_revoked_again_nor_announced_any_more():
    revoked = certificate(END)
    event = revoked.revoke(date(2027, 1, 5), "申报材料不实", "示例文号〔2027〕1号")

    assert (event.reason, event.document, revoked.status) == (
        "申报材料不实",
        "示例文号〔2027〕1号",
        CertificateStatus.REVOKED,
    )
    for change in (lambda: revoked.renew(END, EDUCATED, RULES), lambda: revoked.revoke(END, "x", "y")):
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
