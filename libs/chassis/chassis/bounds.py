"""What may come in from outside, whichever way it comes: bounded texts, days and instants.

Pure functions, for schemas of requests and for readers of files alike. A text is shown to people, printed in letters
and compared with other texts. So it is in one normal form, it is one line, it can't change the direction in which what
stands beside it is read, and it has something to see.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
FIRST_INSTANT = datetime(1900, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2200, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

# C0 and C1 controls; line and paragraph separators, and what embeds or overrides a direction; what isolates one.
FORBIDDEN = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
# The same as a JSON Schema says it, whose patterns are ECMAScript's.
TEXT_PATTERN = rf"^[^{FORBIDDEN}]*[^\s{FORBIDDEN}][^{FORBIDDEN}]*$"
DAY_PATTERN = r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$|^2200-[0-9]{2}-[0-9]{2}$"
# Of ISO 8601 the one form that RFC 3339 has; Python reads many others.
INSTANT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"

_FORBIDDEN = re.compile(f"[{FORBIDDEN}\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(INSTANT_PATTERN.strip("^$"))
# Of other categories than spaces and formats, and with nothing to see all the same.
_EMPTY_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_NOTHING_TO_SEE = ("Z", "Cf", "Cc", "Mn", "Me")


@dataclass(frozen=True)
class Violation:
    """Why something from outside is refused, in both languages."""

    en: str
    zh: str

    def __str__(self) -> str:
        return f"{self.en} / {self.zh}"


BLANK = Violation("Blank: it has nothing to see.", "不能为空白。")
UNSEEN = Violation(
    "Has a control character, a line break, or a character that changes the direction of writing.",
    "含控制字符、换行符或改变书写方向的字符。",
)
NO_DAY = Violation("Not a day; write it as 2026-01-31.", "不是有效日期，应写作 2026-01-31。")
NO_INSTANT = Violation(
    "Not an instant; write it as 2026-01-31T08:00:00Z, with `+` as %2B in an address.",
    "不是有效时间，应写作 2026-01-31T08:00:00Z；网址中的 + 须写作 %2B。",
)
DAY_OUT_OF_RANGE = Violation(f"Not from {FIRST_DAY} to {LAST_DAY}.", f"不在 {FIRST_DAY} 至 {LAST_DAY} 之间。")


def normalised(text: str) -> str:
    """The text in the one form in which it is compared and stored (NFC)."""
    return unicodedata.normalize("NFC", text)


def text_violation(text: str, longest: int) -> Violation | None:
    """What is wrong with a normalised text, or None; `longest` counts characters."""
    if too_long := length_violation(text, longest):
        return too_long
    if _FORBIDDEN.search(text):
        return UNSEEN
    return None if has_something_to_see(text) else BLANK


def length_violation(text: str, longest: int) -> Violation | None:
    """Whether a text is too long; `longest` counts characters."""
    if len(text) <= longest:
        return None
    return Violation(f"Longer than {longest} characters.", f"超过 {longest} 个字符。")


def has_something_to_see(text: str) -> bool:
    """Whether any character of the text leaves a mark: not a space, not a joiner, not a lone accent."""
    return any(
        character not in _EMPTY_LETTERS and not unicodedata.category(character).startswith(_NOTHING_TO_SEE)
        for character in text
    )


def day_violation(day: date) -> Violation | None:
    """What is wrong with a day, or None. Terms and deadlines are reckoned from it, and their days have to exist too."""
    return None if FIRST_DAY <= day <= LAST_DAY else DAY_OUT_OF_RANGE


def instant_violation(instant: datetime) -> Violation | None:
    """What is wrong with an aware instant, or None; compared as UTC, which some instants of the first day have not."""
    return None if FIRST_INSTANT <= instant <= LAST_INSTANT else DAY_OUT_OF_RANGE


def is_instant_form(text: str) -> bool:
    """Whether a text has the form of an instant."""
    return _INSTANT.fullmatch(text) is not None


def day_of_text(text: str) -> date | None:
    """The day that a text of the form 2026-01-31 names, or None; no other form of ISO 8601, and no other digits."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
