"""The samples were made, and the traps tried, before the checks were written."""

from datetime import date

import pytest

from registry.adapters.codes import (
    email_violation,
    industry_violation,
    phone_violation,
    resident_id_violation,
    uscc_violation,
)
from registry.domain.divisions import Placement, place_violation


@pytest.mark.parametrize(
    "code",
    [
        "91220101MA0Y12340Q",
        "91220200123456788T",
        "91220381MA17ABCD23",
        "912224007654321X4H",
        "93222401MA15000119",
        "91110000600037341L",
        "N2220102MF0000013J",  # A rural collective body: letters may stand in the first eight places.
    ],
)
def test_a_valid_enterprise_code_is_accepted(code):
    assert uscc_violation(code) is None


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("1" * 18, "check character"),
        ("91220101MA0Y12340R", "check character"),
        ("912201020000", "18 characters"),
        ("91220101MA0Y1234OQ", "may not contain"),
        ("", "18 characters"),
    ],
)
def test_a_wrong_enterprise_code_is_refused_with_its_reason(code, why):
    assert why in uscc_violation(code).en


def test_a_code_whose_outer_check_fits_but_whose_organisation_code_does_not_is_refused():
    violation = uscc_violation(with_check("91220101MA0Y12341"))

    assert "organisation code" in violation.en


def test_the_code_of_a_sole_trader_is_not_that_of_an_enterprise():
    violation = uscc_violation(with_check("92220101MA0Y12340"))

    assert "not those of an enterprise" in violation.en


def with_check(stem: str) -> str:
    """The stem with the one check character that the outer check accepts."""
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    [fitting] = [letter for letter in letters if not _outer_wrong(stem + letter)]
    return stem + fitting


def _outer_wrong(code: str) -> bool:
    violation = uscc_violation(code)
    return violation is not None and violation.en.startswith("The check character of the unified")


@pytest.mark.parametrize("number", ["220102199001010017", "222426197807070027", "220381198503151233"])
def test_a_plausible_resident_number_is_accepted_even_if_its_county_is_younger_than_its_holder(number):
    assert resident_id_violation(number) is None


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("220102199001010018", "check character"),
        ("220102199002300017", "does not exist"),
        ("22010219900101001", "17 digits"),
        ("22010219900101001x", "17 digits"),
        ("２２０102199001010017", "17 digits"),
    ],
)
def test_a_wrong_resident_number_is_refused_with_its_reason(number, why):
    assert why in resident_id_violation(number).en


@pytest.mark.parametrize("code", ["C36", "C1371", "A01", "T97"])
def test_an_industry_code_of_the_standard_is_accepted(code):
    assert industry_violation(code) is None


@pytest.mark.parametrize("code", ["机械", "C", "C99", "A13", "c36", "U01", "C36000"])
def test_what_is_not_an_industry_code_is_refused(code):
    assert industry_violation(code) is not None


def test_contact_points_are_checked_for_their_form():
    assert [phone_violation("13800000001"), phone_violation("0431-88880000"), email_violation("a.b@firm.example")] == [
        None
    ] * 3
    assert None not in [phone_violation("12345"), email_violation("quality at firm.example"), email_violation("a@b")]


GONGZHULING = [
    Placement("220381", "公主岭市", "county", "220300", date(2000, 1, 1), date(2020, 6, 18), "220184"),
]


def test_a_division_holds_until_its_last_day_and_its_violation_names_the_successor():
    assert place_violation(GONGZHULING, "220381", date(2020, 6, 18)) is None
    assert "220184" in place_violation(GONGZHULING, "220381", date(2020, 6, 19)).en


def test_nothing_lies_in_an_unknown_division_or_in_a_whole_prefecture():
    prefecture = [Placement("220100", "长春市", "prefecture", "220000", date(2000, 1, 1))]

    assert "no division" in place_violation([], "229999", date(2026, 1, 1)).en
    assert "a county is needed" in place_violation(prefecture, "220100", date(2026, 1, 1)).en
