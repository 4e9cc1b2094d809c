"""The texts: each kind, in each language, says who, what, by which day, what to do and whom to ask."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from default_rules import NOTICES, TIMING

from notifications.adapters import texts, words
from notifications.adapters.examples import (
    NAMES,
    OFFICES,
    Example,
    audiences_of,
    examples_of,
    kinds,
)
from notifications.domain.language import Language
from notifications.domain.recipients import Audience
from notifications.domain.rules import Body, Rules

CHINESE, ENGLISH = Language
PERSON, ENTERPRISE, DIVISION, PREFECTURE, STATE, CENTRE = Audience
TODAY = date(2026, 3, 2)
OFFICE = Body("吉林省实施质量强省战略联席会议办公室")
RULES = Rules(
    version=1,
    effective_from=date(2013, 9, 18),
    document="吉质联办〔2013〕10号",
    notices=NOTICES,
    timing=TIMING,
    channels=("in_app", "email"),
    channels_by_kind={},
    address_wait_days=30,
    bodies={"office": {"name": OFFICE.name}},
    body_by_kind={},
    review_body="吉林省人民政府",
    review_days=60,
    court="有管辖权的人民法院",
    court_months=6,
    english_names={
        OFFICE.name: "Office of the Joint Conference",
        OFFICES[Audience.CENTRE]: "the Training Centre of Jilin Province",
        "吉林省人民政府": "the People's Government of Jilin Province",
        "有管辖权的人民法院": "the people's court with jurisdiction",
    },
)
LETTERS = [
    (kind, audience, number)
    for kind in kinds()
    for number, example in enumerate(examples_of(kind))
    for audience in audiences_of(kind, RULES)
    if example.concerns(audience)
]
REMINDERS = ("certificate_expiring", "education_behind")
# What a Chinese text may hold of other letters: numbers of certificates, filings and documents, grades, ids.
LATIN = re.compile(r"[A-Za-z]+")
CODES = re.compile(r"\b[a-z]+_[a-z_]+\b")


def strings(values):
    """All strings in them, and in lists in them."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from strings(value)


def said(kind, audience, data=0, language=CHINESE, signed_by=OFFICE):
    """What is said of the kind's example of that number, or of the first with other data."""
    example = examples_of(kind)[data if isinstance(data, int) else 0]
    facts = {**example.facts(TODAY, RULES, audience), **({} if isinstance(data, int) else data)}
    return texts.render(kind, audience.recipient_kind, facts, signed_by, language)


@pytest.mark.parametrize(("kind", "recipient", "number"), LETTERS)
def test_every_kind_reads_as_a_whole_letter(kind, recipient, number):
    text = said(kind, recipient, number)

    lines = text.body.splitlines()
    addressee = {
        PERSON: "李明同志",
        ENTERPRISE: "示例机械有限公司",
        DIVISION: "长春市南关区市场监督管理部门",
        **OFFICES,
    }
    assert lines[0] == f"{addressee[recipient]}："
    assert lines[-2:] == ["吉林省实施质量强省战略联席会议办公室", "2026年3月2日"]
    assert lines[-3].strip() == ("特此提醒。" if kind in REMINDERS else "特此通知。")
    assert all(line.startswith("\u3000\u3000") and line.endswith(("。", "：")) for line in lines[1:-2]), text.body
    assert text.subject.startswith("关于")
    assert ("提醒" in text.subject) == (kind in REMINDERS)


@pytest.mark.parametrize(("kind", "recipient", "number"), LETTERS)
def test_every_kind_reads_as_a_whole_letter_in_english(kind, recipient, number):
    text = said(kind, recipient, number, ENGLISH)

    lines = text.body.splitlines()
    assert lines[0].startswith("To: ") and lines[-2:] == ["Office of the Joint Conference", "2 March 2026"]
    assert lines[-3] == (
        "This reminder is given for your attention." if kind in REMINDERS else "You are hereby notified."
    )
    assert all(line.endswith((".", ":")) and not line.startswith(" ") for line in lines[1:-2]), text.body
    assert text.subject.startswith(("Notice ", "Reminder: "))
    for part in (text.subject, text.digest, *lines, *text.short.split(". ")):
        assert re.match(r"[A-Z0-9“\u4e00-\u9fff]", part), part
    # A name, a document and what somebody wrote stay as they are; all else is English.
    example, whole = examples_of(kind)[number], text.subject + text.body + text.short + text.digest
    given = [RULES.document, "长春市", "吉林省", *strings([*example.names.values(), *example.data.values()])]
    for fact in sorted(given, key=len, reverse=True):
        whole = whole.replace(fact.rstrip("。"), "")
    assert not re.search("[\u4e00-\u9fff]", whole), whole


@pytest.mark.parametrize(("kind", "recipient", "number"), LETTERS)
@pytest.mark.parametrize("language", Language)
def test_nothing_of_the_program_shows(kind, recipient, number, language):
    text = said(kind, recipient, number, language)

    for part in (text.subject, text.body, text.short, text.digest):
        assert part and not any(leak in part for leak in ("None", "{", "}", "  ", "。。", "..", "Undefined", "True"))
        assert CODES.findall(part) == []
    assert "\n" not in text.subject + text.short + text.digest


@pytest.mark.parametrize(("kind", "recipient", "number"), LETTERS)
def test_no_english_word_is_left_in_a_chinese_text(kind, recipient, number):
    text = said(kind, recipient, number)

    given = {word for fact in strings(examples_of(kind)[number].data.values()) for word in LATIN.findall(fact)}
    assert set(LATIN.findall(text.subject + text.body + text.short + text.digest)) <= given


@pytest.mark.parametrize(("kind", "recipient", "number"), LETTERS)
@pytest.mark.parametrize("language", Language)
def test_a_short_form_fits_a_text_message_and_names_nobody(kind, recipient, number, language):
    """Whoever reads it over a shoulder, or in a group chat, learns of no other person."""
    text, data = said(kind, recipient, number, language), examples_of(kind)[number].data

    assert len(text.short) <= (70 if language == CHINESE else 160), text.short
    assert NAMES["person_name"] not in text.short
    assert recipient == PERSON or str(data.get("number", "no number")) not in text.short
    assert len(text.digest) <= (120 if language == CHINESE else 240) and not text.digest.endswith(("。", "."))


@pytest.mark.parametrize(("kind", "recipient", "number"), LETTERS)
def test_the_letters_have_one_word_for_one_thing_and_say_until_when_a_period_runs(kind, recipient, number):
    """续期 and 继续教育, whatever else the source or others call them; a last day is in the period."""
    text = said(kind, recipient, number)

    whole = text.subject + text.body + text.short + text.digest
    # A letter speaks of a resit only where there was one or can be one.
    resit = kind in ("enrolment_revised", "enrolment_result") and "resit_until" in examples_of(kind)[number].data
    assert not any(word in whole for word in ("换证", "再教育", *(() if resit else ("补考",))))
    assert re.findall(r".{6}日前", whole) == []


@pytest.mark.parametrize(("kind", "recipient", "number"), LETTERS)
def test_the_body_that_sends_it_signs_with_its_number_and_its_telephone(kind, recipient, number):
    centre = Body("吉林省质量技术监督培训中心", "0431-80000000", "吉质培函〔2026〕7号")
    lines = said(kind, recipient, number, signed_by=centre).body.splitlines()

    assert lines[0] == "吉质培函〔2026〕7号" and lines[1].endswith("：") and lines[-2] == "吉林省质量技术监督培训中心"
    assert "电话：0431-80000000" in lines[-4]
    english = said(kind, recipient, number, ENGLISH, centre).body.splitlines()
    assert english[0] == "吉质培函〔2026〕7号" and english[1].startswith("To: ") and "0431-80000000" in english[-4]


@pytest.mark.parametrize("kind", ["certificate_revoked", "certificate_suspended", "person_excluded"])
def test_a_decision_against_somebody_names_the_remedies_with_body_and_time_limit(kind):
    assert (
        "如不服本决定，可以自收到本通知之日起60日内向吉林省人民政府申请行政复议，"
        "也可以自收到本通知之日起6个月内向有管辖权的人民法院提起行政诉讼。"
    ) in said(kind, PERSON).body
    assert (
        "you may apply to the People's Government of Jilin Province for administrative reconsideration within 60 days "
        "of receiving this notice. You may also bring administrative proceedings before the people's court with "
        "jurisdiction within 6 months"
    ) in said(kind, PERSON, language=ENGLISH).body


def test_a_body_without_an_english_name_keeps_its_chinese_one():
    facts = examples_of("target_set")[0].facts(TODAY, replace(RULES, english_names={}), DIVISION)

    assert OFFICE.name in texts.render("target_set", "division", facts, OFFICE, ENGLISH).body


def test_a_resit_is_offered_until_its_last_day_and_only_where_one_is_possible():
    for kind in ("enrolment_result", "enrolment_revised"):
        failed = {"passed": False, "cause": "resit", "reason": None, "resit_until": date(2026, 5, 31)}
        offered = said(kind, PERSON, failed).body
        assert "可以于2026年5月31日（含当日）前" in offered and "参加补考，" in offered
        assert "参加补考" not in said(kind, PERSON, {**failed, "resit_until": None}).body


@pytest.mark.parametrize(
    ("reason", "way"),
    [
        ("certificate_expired", "。完成续期或者取得新的任职资格证书后，任职依规定恢复"),
        ("certificate_revoked", "。取得新的任职资格证书后，任职依规定恢复"),
        ("holder_excluded", "。中止原因消除后，任职依规定恢复"),
    ],
)
def test_who_is_suspended_reads_what_restores_them(reason, way):
    assert way in said("appointment_suspended", PERSON, {"reason": reason}).body


@pytest.mark.parametrize(
    ("kind", "recipient", "number"),
    [letter for letter in LETTERS if "number" in examples_of(letter[0])[letter[2]].data],
)
def test_a_letter_about_a_certificate_names_its_number(kind, recipient, number):
    data = examples_of(kind)[number].data
    for language in Language:
        text = said(kind, recipient, number, language)

        assert data["number"] in text.subject and data["number"] in text.body and data["number"] in text.digest


def test_an_honour_of_the_enterprise_alone_names_no_person():
    alone = {"person_id": None, "person_name": None, "title": "行业质量标杆", "valid_from": TODAY}

    assert "决定授予贵单位“行业质量标杆”，自2026年3月2日起" in said("honour_given", ENTERPRISE, alone).body
    assert "is awarded to your enterprise" in said("honour_given", ENTERPRISE, alone, ENGLISH).body


def test_a_reminder_says_how_many_days_are_left_and_on_the_day_says_today():
    def subject(days, language=CHINESE):
        return said("certificate_expiring", PERSON, {"days_left": days}, language).subject

    assert "30日后到期" in subject(30) and "今日到期" in subject(0) and "已到期" in subject(-2)
    assert "in 30 days" in subject(30, ENGLISH) and "expires tomorrow" in subject(1, ENGLISH)
    assert "expires today" in subject(0, ENGLISH) and "has expired" in subject(-2, ENGLISH)
    ended = said("certificate_expiring", PERSON, {"valid_until": date(2026, 2, 28), "days_left": -2})
    assert "已于2026年2月28日到期" in ended.body and "还有" not in ended.body


def test_an_office_above_is_addressed_by_its_own_name_and_asked_to_follow_up():
    """An escalation: the matter lies in a county, the letter goes to its prefecture."""
    for kind in ("appointment_filing_overdue", "post_vacancy_overdue", "incident_final_report_overdue"):
        body = said(kind, PREFECTURE).body

        assert body.startswith("长春市市场监督管理部门：")
        assert "由长春市南关区市场监督管理部门督促办理，至今未办结" in body and "请督促该企业" not in body


def test_a_name_with_markup_stays_as_it_is_in_text_and_is_escaped_in_html():
    text = said("appointment_ended", ENTERPRISE, {"enterprise_name": "<b>甲&乙</b>公司<script>1</script>"})

    assert text.body.startswith("<b>甲&乙</b>公司<script>1</script>：")
    html = texts.as_html(text)
    assert "&lt;b&gt;甲&amp;乙&lt;/b&gt;公司" in html and "<b>" not in html and "<script" not in html
    assert '<html lang="zh-CN">' in html
    assert '<html lang="en">' in texts.as_html(said("appointment_ended", ENTERPRISE, language=ENGLISH))


@pytest.mark.parametrize("name", ["培训班\r\nBcc: x@example.cn", "培训班\u2028吉林省人民政府", "培训班\x07"])
def test_a_line_break_in_a_name_reaches_neither_the_subject_nor_the_letters_lines(name):
    """Else whoever names a class could add a line above the signature."""
    text = said("nomination_received", PERSON, {"class_name": name})

    assert text.subject.isprintable() and text.short.isprintable()
    assert len(text.body.splitlines()) == len(said("nomination_received", PERSON).body.splitlines())


@pytest.mark.parametrize("fact", ["number", "valid_until", "person_name"])
def test_a_fact_that_is_missing_is_a_fault_and_not_a_gap(fact):
    facts = dict(examples_of("certificate_expiring")[0].facts(TODAY, RULES, PERSON))
    del facts[fact]

    with pytest.raises(Exception, match=fact):
        texts.render("certificate_expiring", "person", facts, OFFICE)


@pytest.mark.parametrize("nothing", [None, TODAY, [1], {"a": 1}, 2.5, True])
def test_a_fact_without_words_is_a_fault_and_not_a_gap(nothing):
    """Neither None nor a list nor a day as a program writes it stands in an official letter."""
    with pytest.raises(ValueError, match="has no words"):
        said("certificate_issued", PERSON, {"number": nothing})
    with pytest.raises(ValueError, match="has no words"):
        said("honour_given", PERSON, {"title": nothing})


def test_each_template_belongs_to_a_kind_and_each_kind_has_one_in_each_language():
    for language in Language:
        assert {path.stem for path in (texts.FOLDER / language).iterdir()} == {*kinds(), "letter"}


@pytest.mark.parametrize("kind", kinds())
def test_the_examples_of_a_kind_show_each_audience_that_the_rules_name(kind):
    shown = {audience for example in examples_of(kind) for audience in Audience if example.concerns(audience)}

    assert set() != set(audiences_of(kind, RULES)) <= shown


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("language", Language)
def test_what_is_built_in_can_be_said_to_whomever_the_next_rule_set_names(kind, language):
    for number, example in enumerate(examples_of(kind)):
        for audience in Audience:
            if example.concerns(audience):
                assert said(kind, audience, number, language).body


def test_an_example_says_of_whom_there_is_none():
    example = Example("target_set", "target.set.v2", {}, {**NAMES, "person_name": None})

    assert [each for each in Audience if example.concerns(each)] == [ENTERPRISE, DIVISION, PREFECTURE, STATE, CENTRE]


@pytest.mark.parametrize("language", Language)
def test_words_are_there_in_each_language(language):
    for table in (words.POPULATIONS, words.BREACHES, words.DUTY_PAPERS, words.REASONS_BY_LANGUAGE):
        assert table[language].keys() == table[CHINESE].keys()
