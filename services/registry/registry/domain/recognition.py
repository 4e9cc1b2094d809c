"""What an enterprise is recognised as, year by year (R12–R14, R18, R21): award, brand, size, grade, example."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import RuleBroken
from registry.domain.enterprise import Enterprise
from registry.events import EnterpriseRecognised


class RecognitionKind(StrEnum):
    """In what regard; each has its own values."""

    QUALITY_AWARD = "quality_award"  # 吉林省质量管理奖 (R12)
    FAMOUS_BRAND = "famous_brand"  # 吉林省名牌 (R13)
    ABOVE_THRESHOLD = "above_threshold"  # 规模以上工业企业 (R14)
    DEMONSTRATION = "demonstration"  # 重点示范企业 (R18)
    CREDIT_GRADE = "credit_grade"  # 质量信用等级 (R21)
    SIZE = "size"  # 大型、中型、小型、微型


NONE = "none"  # entered, and not so in this year
CONTENDING = ("contending", "won", NONE)
VALUES: dict[RecognitionKind, tuple[str, ...]] = {
    RecognitionKind.QUALITY_AWARD: CONTENDING,
    RecognitionKind.FAMOUS_BRAND: CONTENDING,
    RecognitionKind.ABOVE_THRESHOLD: ("above", NONE),
    RecognitionKind.DEMONSTRATION: ("chosen", NONE),
    RecognitionKind.CREDIT_GRADE: ("A", "B", "C", "D", NONE),
    RecognitionKind.SIZE: ("large", "medium", "small", "micro"),
}
# The flags of the enterprise that the present year's recognition sets: its duty to have a CQO follows from them.
FLAGS = {
    RecognitionKind.QUALITY_AWARD: "award_contender",
    RecognitionKind.FAMOUS_BRAND: "brand_contender",
    RecognitionKind.ABOVE_THRESHOLD: "above_threshold",
}


class NoSuchValue(RuleBroken):
    """This kind of recognition has other values; the description of the API lists them."""

    zh = "该类认定没有此取值；可用的取值见接口说明。"


class RecognisedTooEarly(RuleBroken):
    """A recognition is of this year, or of an earlier one."""

    zh = "认定年度不得晚于今年。"


@dataclass
class Recognition:
    """What an enterprise was recognised as in a year; entered again, the later entry stands."""

    id: str
    enterprise_id: str
    kind: RecognitionKind
    year: int
    value: str
    document: str
    recorded_on: date


def recognise(
    enterprise: Enterprise, kind: RecognitionKind, year: int, value: str, document: str, today: date
) -> EnterpriseRecognised:
    """Decides that the enterprise may be recognised so, and says it."""
    enterprise.require_standing()
    if value not in VALUES[kind]:
        raise NoSuchValue()
    if year > today.year:
        raise RecognisedTooEarly()
    return EnterpriseRecognised(enterprise.id, kind, year, value, document, today)


def flags_of(kind: RecognitionKind, year: int, value: str, today: date) -> dict[str, bool]:
    """The enterprise's flags that a recognition sets: none if it is of an earlier year."""
    return {FLAGS[kind]: value != NONE} if kind in FLAGS and year == today.year else {}
