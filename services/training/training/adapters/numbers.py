"""Certificate numbers: `CQO-JL-{year}-{unit}-{sequence}{check character}`.

The sequence has five digits, and more from the 100,000th of a unit and year on. The check character is ISO/IEC 7064
MOD 37,36 over the letters and digits before it. It catches every single wrong character and almost every transposition
of neighbours.
"""

from __future__ import annotations

import re

from stdnum.iso7064 import mod_37_36

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER = re.compile(r"CQO-JL-[0-9]{4}-[0-9A-Z]{3,6}-([0-9]{5}|[1-9][0-9]{5,8})[0-9A-Z]")


def number_of(year: int, unit: str, sequence: int) -> str:
    """The number of the `sequence`-th certificate of a year and reporting unit."""
    stem = f"CQO-JL-{year}-{unit.removeprefix('JL-')}-{sequence:05d}"
    return stem + check_character(stem)


def unit_of(number: str) -> str:
    """The reporting unit in a certificate's number, as it stands there."""
    return number.split("-")[3]


def is_valid(number: str) -> bool:
    """Whether `number` has the form of a certificate number and its check character is right."""
    return bool(NUMBER.fullmatch(number)) and check_character(number[:-1]) == number[-1]


def check_character(stem: str) -> str:
    """The check character of `stem`; hyphens don't count."""
    return mod_37_36.calc_check_digit(stem.replace("-", ""), ALPHABET)
