"""The texts: each kind says who, what, by which day, what to do and whom to ask."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from notice_examples import EVENTS, NAMES, TODAY

from notifications.adapters import texts
from notifications.domain.announcements import PERSON, matching
from notifications.domain.rules import Body

LETTERS = [
    (announcement.kind, recipient, data)
    for event, data in EVENTS
    for announcement in matching(event, data)
    for recipient in announcement.recipients
]


REMEDIES = SimpleNamespace(review_body="吉林省人民政府", review_days=60, court="有管辖权的人民法院", court_months=6)
OFFICE = Body("吉林省实施质量强省战略联席会议办公室")


def render(kind, recipient, data, signed_by=OFFICE, **changes):
    facts = {
        **data,
        **NAMES,
        "today": TODAY,
        "basis": "吉质联办〔2013〕10号",
        "document": data.get("document", "吉质联办〔2013〕10号"),
        "remedies": REMEDIES,
        "reason_text": texts.reason(data.get("reason")),
        **changes,
    }
    return texts.render(kind, recipient, facts, signed_by)


@pytest.mark.parametrize(("kind", "recipient", "data"), LETTERS)
def test_every_kind_reads_as_a_whole_letter(kind, recipient, data):
    text = render(kind, recipient, data)

    lines = text.body.splitlines()
    addressee = {
        "person": "李明同志：",
        "enterprise": "示例机械有限公司：",
        "division": "长春市南关区市场监督管理部门：",
    }
    assert lines[0] == addressee[recipient]
    assert lines[-2:] == ["吉林省实施质量强省战略联席会议办公室", "2026年3月2日"]
    assert all(line.startswith("\u3000\u3000") and line.endswith(("。", "：", "%。")) for line in lines[1:-2]), (
        text.body
    )
    assert not any(leak in text.subject + text.body for leak in ("None", "{{", "{%", "  ", "certificate_", "。。"))
    assert "\n" not in text.subject and text.subject.startswith("关于")


@pytest.mark.parametrize(("kind", "recipient", "data"), LETTERS)
def test_the_letters_have_one_word_for_one_thing_and_say_until_when_a_period_runs(kind, recipient, data):
    """续期 and 继续教育, whatever else the source or others call them; a last day is in the period."""
    text = render(kind, recipient, data)

    # A letter speaks of a resit only where there was one or can be one.
    words = ("换证", "再教育") if kind == "enrolment_revised" else ("换证", "再教育", "补考")
    assert not any(word in text.subject + text.body for word in words)
    assert re.findall(r".{6}日前", text.body) == []


@pytest.mark.parametrize(("kind", "recipient", "data"), LETTERS)
def test_the_body_that_sends_it_signs_with_its_number_and_its_telephone(kind, recipient, data):
    centre = Body("吉林省质量技术监督培训中心", "0431-80000000", "吉质培函〔2026〕7号")
    lines = render(kind, recipient, data, centre).body.splitlines()

    assert lines[0] == "吉质培函〔2026〕7号" and lines[1].endswith("：") and lines[-2] == "吉林省质量技术监督培训中心"
    assert lines[-3].strip() == ("特此提醒。" if kind == "certificate_expiring" else "特此通知。")
    assert "电话：0431-80000000" in lines[-4]


def test_the_letter_of_a_revocation_names_the_remedies_with_body_and_time_limit():
    data = dict(EVENTS)["certificate.revoked.v1"]

    assert (
        "如不服本决定，可以自收到本通知之日起60日内向吉林省人民政府申请行政复议，"
        "也可以自收到本通知之日起6个月内向有管辖权的人民法院提起行政诉讼。"
    ) in render("certificate_revoked", PERSON, data).body


def test_a_resit_is_offered_until_its_last_day_and_only_where_one_is_possible():
    failed = {**dict(EVENTS)["enrolment.completed.v1"], "passed": False}
    sat_again = {**dict(EVENTS)["enrolment.revised.v1"], "passed": False, "cause": "resit", "reason": None}
    for kind, data in (("enrolment_result", failed), ("enrolment_revised", sat_again)):
        offered = render(kind, PERSON, {**data, "resit_until": TODAY + timedelta(90)}).body
        assert "可以于2026年5月31日（含当日）前" in offered and "参加补考，" in offered
        assert "参加补考" not in render(kind, PERSON, {**data, "resit_until": None}).body


@pytest.mark.parametrize(
    ("reason", "way"),
    [
        ("certificate_expired", "完成续期或者取得新的任职资格证书后，任职依规定恢复"),
        ("certificate_revoked", "。取得新的任职资格证书后，任职依规定恢复"),
    ],
)
def test_who_is_suspended_reads_what_restores_them(reason, way):
    data = dict(EVENTS)["appointment.suspended.v1"] | {"reason": reason}

    assert way in render("appointment_suspended", PERSON, data).body


@pytest.mark.parametrize(("kind", "recipient", "data"), [letter for letter in LETTERS if "number" in letter[2]])
def test_a_letter_about_a_certificate_names_its_number(kind, recipient, data):
    text = render(kind, recipient, data)

    assert data["number"] in text.subject and data["number"] in text.body


def test_an_honour_of_the_enterprise_alone_names_no_person():
    data = {**dict(EVENTS)["honour.given.v1"], "person_id": None, "title": "行业质量标杆"}
    text = render("honour_given", "enterprise", data, person_name=None)

    assert "决定授予贵单位“行业质量标杆”，自2026年3月2日起" in text.body


def test_a_reminder_says_how_many_days_are_left_and_on_the_day_says_today():
    data = {event: data for event, data in EVENTS if event == "certificate.expiring.v1"}["certificate.expiring.v1"]

    assert "30日后到期" in render("certificate_expiring", PERSON, {**data, "days_left": 30}).subject
    assert "今日到期" in render("certificate_expiring", PERSON, {**data, "days_left": 0}).subject
    ended = render("certificate_expiring", PERSON, {**data, "valid_until": TODAY - timedelta(2), "days_left": -2})
    assert "已到期" in ended.subject and "已于2026年2月28日到期" in ended.body and "还有" not in ended.body


def test_a_name_with_markup_stays_as_it_is_in_text_and_is_escaped_in_html():
    event, data = next(pair for pair in EVENTS if pair[0] == "appointment.ended.v1")
    text = render(matching(event, data)[0].kind, "enterprise", data, enterprise_name="<b>甲&乙</b>公司")

    assert text.body.startswith("<b>甲&乙</b>公司：")
    assert "&lt;b&gt;甲&amp;乙&lt;/b&gt;公司" in texts.as_html(text) and "<b>" not in texts.as_html(text)


def test_a_line_break_in_a_name_does_not_reach_the_subject():
    event, data = EVENTS[0]
    text = render(matching(event, data)[0].kind, "person", data, class_name="培训班\r\nBcc: x@example.cn")

    assert "\n" not in text.subject and "\r" not in text.subject


def test_a_fact_that_is_missing_is_a_fault_and_not_a_gap():
    with pytest.raises(Exception, match="valid_until"):
        texts.render("certificate_expiring", PERSON, {**NAMES, "number": "1", "days_left": 7}, OFFICE)


def test_each_template_belongs_to_a_kind():
    kinds = {kind for kind, _, _ in LETTERS} | {"letter"}

    assert {path.stem for path in texts.FOLDER.iterdir()} == kinds
