"""Texts, days and instants from outside are bounded: no line break, no hidden direction, no day beyond reckoning."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sample_process import Sample

from chassis import bounds

REFUSED_TEXTS = {
    "blank": "  \u3000",
    "no letters": "",
    "a line break": "吉市监〔2025〕1号\r\n另据本函",
    "a tab": "a\tb",
    "a C1 control": "a\u0085b",
    "delete": "a\x7f",
    "a line separator": "a\u2028b",
    "right-to-left override": "螺\u202e钉",
    "an isolate": "螺\u2067钉\u2069",
    "zero-width alone": "\u200b\u200d\ufeff",
    "an accent alone": "\u0301",
    "a filler alone": "\u3164",
    "too long": "a" * 51,
}
ACCEPTED_TEXTS = {
    "Chinese": "吉林省质量技术监督培训中心",
    "a joiner inside": "क्\u200dष",
    "beyond the first plane": "𠮷林",
    "spaces inside": "a b",
    "as long as may be": "名" * 50,
}


@pytest.mark.parametrize("text", REFUSED_TEXTS.values(), ids=REFUSED_TEXTS)
def test_a_text_that_is_not_one_visible_line_is_refused(sample: Sample, text: str) -> None:
    made = sample.make(text)
    listed = sample.call("GET", "/items", params={"name": text})

    assert (made.status_code, made.json()["errors"][0]["pointer"]) == (422, "/name")
    assert (listed.status_code, listed.json()["errors"][0]["parameter"]) == (422, "name")
    assert sample.count() == 0


@pytest.mark.parametrize("text", ACCEPTED_TEXTS.values(), ids=ACCEPTED_TEXTS)
def test_any_other_text_is_taken_as_it_is(sample: Sample, text: str) -> None:
    assert sample.make(text).json()["name"] == text


def test_two_spellings_of_one_text_are_one_text(sample: Sample) -> None:
    decomposed, composed = "e\u0301", "\u00e9"

    assert sample.make(decomposed).json()["name"] == composed
    assert sample.make(composed).status_code == 409
    assert len(sample.call("GET", "/items", params={"name": decomposed}).json()["items"]) == 1


NO_DAYS = [
    "0001-01-01",
    "1899-12-31",
    "2201-01-01",
    "9999-12-31",
    "2026-02-29",
    "20260101",
    "2026-W01-1",
    "２０２６-01-01",
    "2026-01-01\n",
    "today",
    "",
    20260101,
    True,
    [],
    {},
]


@pytest.mark.parametrize("day", NO_DAYS, ids=map(repr, NO_DAYS))
def test_a_day_beyond_two_centuries_or_in_another_form_is_refused(sample: Sample, day: object) -> None:
    answer = sample.call("POST", "/items", json={"name": "screw", "size": 1, "made_on": day})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/made_on")


@pytest.mark.parametrize("day", ["1900-01-01", "2026-02-28", "2200-12-31"])
def test_the_first_and_the_last_day_are_taken(sample: Sample, day: str) -> None:
    answer = sample.call("POST", "/items", json={"name": day, "size": 1, "made_on": day})

    assert (answer.status_code, answer.json()["made_on"]) == (201, day)


NO_INSTANTS = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "1899-12-31T23:59:59Z",
    "2201-01-01T00:00:00+00:00",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "now",
]


@pytest.mark.parametrize("instant", NO_INSTANTS)
def test_an_instant_beyond_two_centuries_is_refused(sample: Sample, instant: str) -> None:
    answer = sample.call("GET", "/audit", role="auditor", params={"until": instant})

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "until")


def test_the_reasons_are_told_in_both_languages(sample: Sample) -> None:
    answer = sample.make("a\nb", headers={"Accept-Language": "zh"})

    assert "含控制字符" in answer.json()["errors"][0]["reason"]


def test_the_documented_pattern_says_what_is_refused() -> None:
    pattern = re.compile(bounds.TEXT_PATTERN)

    assert all(pattern.search(text) for text in ACCEPTED_TEXTS.values())
    assert not any(
        pattern.search(REFUSED_TEXTS[name])
        for name in REFUSED_TEXTS
        if not name.endswith("alone") and name != "too long"
    )
    assert all(bounds.day_violation(day) is None for day in (bounds.FIRST_DAY, bounds.LAST_DAY, date(2026, 1, 1)))


@pytest.mark.parametrize("figure", ["５", "٥", "+5", "1_0", " 5", "5.0", "0x5"])
def test_a_figure_in_a_query_is_of_plain_digits(sample: Sample, figure: str) -> None:
    answer = sample.call("GET", "/items", params={"limit": figure})

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "limit")
