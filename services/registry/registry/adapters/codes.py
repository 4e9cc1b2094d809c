"""Codes and how they are checked: firms (GB 32100), residents (GB 11643), industries (GB/T 4754), contact points.

Each check answers the violation it found, or None. A code's region digits say where it was first issued and never
where its holder is today, so nothing is derived from them.

The arithmetic of the two national codes is python-stdnum's. Its `validate` functions are not used: `uscc` refuses the
letters of rural collective bodies and passes a wrong organisation code inside; `ric` refuses real numbers of people who
are older than their county's code.
"""

from __future__ import annotations

import re

from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidComponent

from registry.domain.bilingual import Violation

USCC_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Firms, farmers' cooperatives and rural collective bodies can run an industrial enterprise; a government body, an
# association or a sole trader (92) has another code and is not of the programme's population (R11).
ENTERPRISE_CATEGORIES = ("91", "93", "N1", "N2", "N3")
# The first and last division (two digits) of each section of GB/T 4754-2017.
INDUSTRY_SECTIONS = {
    "A": (1, 5),
    "B": (6, 12),
    "C": (13, 43),
    "D": (44, 46),
    "E": (47, 50),
    "F": (51, 52),
    "G": (53, 60),
    "H": (61, 62),
    "I": (63, 65),
    "J": (66, 69),
    "K": (70, 70),
    "L": (71, 72),
    "M": (73, 75),
    "N": (76, 79),
    "O": (80, 82),
    "P": (83, 83),
    "Q": (84, 85),
    "R": (86, 90),
    "S": (91, 96),
    "T": (97, 97),
}


def uscc_violation(code: str) -> Violation | None:
    """Checks a 统一社会信用代码 of an enterprise: length, alphabet, category and both check characters."""
    if len(code) != 18:
        return Violation("统一社会信用代码应为 18 位。", "A unified social credit code has 18 characters.")
    if strange := sorted(set(code) - USCC_ALPHABET):
        return Violation(
            f"统一社会信用代码含有不允许的字符：{''.join(strange)}。",
            f"A unified social credit code may not contain: {' '.join(strange)}.",
        )
    if uscc.calc_check_digit(code) != code[17]:
        return Violation(
            "统一社会信用代码校验位错误。", "The check character of the unified social credit code is wrong."
        )
    if organisation_check(code[8:16]) != code[16]:
        return Violation(
            "统一社会信用代码中的组织机构代码（第 9 至 17 位）校验位错误。",
            "The check character of the organisation code inside it (characters 9 to 17) is wrong.",
        )
    if not code.startswith(ENTERPRISE_CATEGORIES):
        return Violation(
            "该统一社会信用代码不属于企业（第 1、2 位）。",
            "The code's first two characters are not those of an enterprise.",
        )
    return None


def organisation_check(body: str) -> str:
    """The check character of the eight characters of an organisation code (GB 11714, modulus 11)."""
    total = sum(int(letter, 36) * weight for letter, weight in zip(body, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def resident_id_violation(number: str) -> Violation | None:
    """Checks a 身份证号: length, date of birth and check character.

    Not whether the region existed in the year of birth: numbers were often issued later, and such a test refuses
    plausible real ones.
    """
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return Violation("身份证号应为 18 位。", "A resident number has 17 digits and a check character.")
    try:
        ric.get_birth_date(number)
    except InvalidComponent:
        return Violation("身份证号中的出生日期不存在。", "The resident number's date of birth does not exist.")
    if ric.calc_check_digit(number) != number[17]:
        return Violation("身份证号校验位错误。", "The check character of the resident number is wrong.")
    return None


def industry_violation(code: str) -> Violation | None:
    """Checks an industry code of GB/T 4754-2017: a section's letter and two to four digits that belong to it."""
    if re.fullmatch(r"[A-T][0-9]{2,4}", code):
        first, last = INDUSTRY_SECTIONS[code[0]]
        if first <= int(code[1:3]) <= last:
            return None
    return Violation(
        "行业代码应为 GB/T 4754 门类字母加 2 至 4 位数字，如 C36。", "An industry code is a GB/T 4754 one, e.g. C36."
    )


def phone_violation(number: str) -> Violation | None:
    """Checks a mainland mobile or land-line number."""
    if re.fullmatch(r"(\+86)?1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}", number):
        return None
    return Violation("电话号码格式不正确。", "This is not a phone number.")


def email_violation(address: str) -> Violation | None:
    """Checks that an address has the form name@host.domain; whether it exists shows when it is written to."""
    if len(address) <= 254 and re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+", address):
        return None
    return Violation("电子邮箱格式不正确。", "This is not an e-mail address.")
