import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.adapters.numbers import ALPHABET, check_character, is_valid, number_of

UNITS = st.sampled_from(["220100", "222400", "220581", "JL-CBS"])
NUMBERS = st.builds(number_of, st.integers(2013, 2099), UNITS, st.integers(1, 99999))


def test_the_check_character_is_that_of_iso_7064_mod_37_36():
    # The example of the Global Release Identifier, which uses this system.
    assert check_character("A12425GABC1234002") == "M"


def test_a_number_names_year_unit_and_sequence():
    assert number_of(2026, "220100", 12).startswith("CQO-JL-2026-220100-00012")
    assert number_of(2026, "JL-CBS", 1).startswith("CQO-JL-2026-CBS-00001")


@given(NUMBERS)
def test_every_number_that_is_given_out_is_valid(number):
    assert is_valid(number)


@given(NUMBERS, st.data())
def test_a_single_wrong_character_is_always_caught(number, data):
    places = [place for place, letter in enumerate(number) if letter != "-"]
    place = data.draw(st.sampled_from(places))
    wrong = data.draw(st.sampled_from([letter for letter in ALPHABET if letter != number[place]]))

    assert not is_valid(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "CQO-JL-2026-220100-00012", "cqo-jl-2026-220100-000012", "CQO-JL-2026-220100-0000123", "×" * 30]
)
def test_what_is_not_a_number_is_not_valid(text):
    assert not is_valid(text)


def test_full_width_digits_are_no_digits_of_a_number():
    assert not is_valid(number_of(2026, "220100", 12).replace("2026", "２０２６"))


def test_the_hundred_thousandth_of_a_unit_and_year_is_genuine():
    assert is_valid(number_of(2026, "220100", 100_000)) and is_valid(number_of(2026, "220100", 1_234_567))
