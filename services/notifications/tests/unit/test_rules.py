"""A rule set, as this service reads it."""

from __future__ import annotations

from datetime import date
from typing import get_type_hints

import pytest
from default_rules import NOTICES, TIMING
from marshmallow import ValidationError

from notifications.domain.notice import Channel
from notifications.domain.rules import Body, Rules
from notifications.handlers.followed import RECORDS, day_fields, followed
from notifications.schemas import RuleSetParameters


def rules(**changes):
    given = {
        "version": 1,
        "effective_from": date(2013, 9, 18),
        "document": "吉质联办〔2013〕10号",
        "notices": NOTICES,
        "timing": TIMING,
        "channels": ("in_app", "email"),
        "channels_by_kind": {"target_set": ["in_app"]},
        "address_wait_days": 30,
        "bodies": {"office": {"name": "办公室"}, "training_centre": {"name": "中心", "telephone": "0431-80000000"}},
        "body_by_kind": {"certificate_issued": "training_centre"},
        "review_body": "吉林省人民政府",
        "review_days": 60,
        "court": "有管辖权的人民法院",
        "court_months": 6,
        "english_names": {"办公室": "Office"},
    }
    return Rules(**{**given, **changes})


def test_a_kind_goes_out_by_its_own_channels_and_the_others_by_all():
    assert rules().channels_of("target_set") == [Channel.IN_APP]
    assert rules().channels_of("certificate_issued") == [Channel.IN_APP, Channel.EMAIL]


def test_a_kind_is_signed_by_the_body_that_sends_it_and_the_others_by_the_office():
    assert rules().body_of("certificate_issued") == Body("中心", "0431-80000000")
    assert rules().body_of("target_set") == Body("办公室")


def published(**changes):
    given = {
        name: value for name, value in vars(rules()).items() if name not in ("version", "effective_from", "document")
    }
    return {**given, "channels": ["in_app"], **changes}


def test_a_body_that_signs_is_one_of_those_that_are_named():
    assert RuleSetParameters().load(published())
    for wrong, place in [
        ({"bodies": {"centre": {"name": "中心"}}, "body_by_kind": {}}, "bodies"),
        ({"body_by_kind": {"target_set": "ministry"}}, "body_by_kind"),
        ({"bodies": {"office": {"telephone": "1"}}}, "bodies"),
        ({"review_days": 0}, "review_days"),
    ]:
        with pytest.raises(ValidationError) as refused:
            RuleSetParameters().load(published(**wrong))
        assert list(refused.value.messages_dict) == [place]


def test_a_channel_that_there_is_not_is_refused():
    with pytest.raises(ValueError):
        rules(channels=("inbox",)).channels_of("certificate_issued")


def test_no_parameter_has_a_second_default():
    with pytest.raises(TypeError):
        Rules(version=1, effective_from=date(2013, 9, 18), document="d")


def test_an_english_letter_cites_bodies_by_their_english_names_where_there_are_some():
    named = rules(english_names={"吉林省人民政府": "the People's Government of Jilin Province"}).in_english()

    assert named.review_body == "the People's Government of Jilin Province" and named.court == "有管辖权的人民法院"


def rule(**changes):
    given = {
        "key": "certificate_expiring",
        "events": ["certificate.issued.v1"],
        "audience": ["person"],
        "due": {"field": "valid_until", "days": [-30]},
        "stands_while": "certificate_in_force",
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def overdue(**changes):
    stages = [{"working_days": 5, "audience": ["prefecture"]}]
    events = ["appointment.filing_overdue.v1"]
    given = {"events": events, "due": None, "stands_while": "filing_missing", "escalations": stages}
    return rule(**{**given, **changes})


def refusal(*rules):
    with pytest.raises(ValidationError) as refused:
        RuleSetParameters().load(published(notices=list(rules)))
    return str(refused.value.messages_dict["notices"])


def test_the_rules_of_rule_set_1_are_rules():
    assert RuleSetParameters().load(published(notices=NOTICES, timing=TIMING))
    assert RuleSetParameters().load(published(notices=[rule(), overdue(key="appointment_filing_overdue")]))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (rule(key="birthday"), "no template of that name"),
        (rule(key="digest"), "no template of that name"),
        (rule(events=["certificate.stolen.v1"]), "Not followed here: certificate.stolen.v1. Followed are: appeal"),
        (rule(stands_while="moon_is_full"), "certificate_in_force"),
        (rule(audience=["emperor"]), "person"),
        (rule(audience=["person", "person"]), "more than once: person"),
        (rule(events=["target.set.v1"], due=None, stands_while=None), "does not say which person"),
        (rule(events=["person.excluded.v1"], audience=["enterprise"], due=None, stands_while=None), "which enterprise"),
        (rule(due={"field": "birthday", "days": [-1]}), "no day `birthday`; it has issued_on, valid_from"),
        (rule(due={"field": "valid_until", "days": [-30, -7, -30]}), "more than once: -30"),
        (rule(due={"field": "valid_until", "days": []}), "between 1 and 20"),
        (rule(when={"field": "late", "is": True}), "no `late`"),
        (rule(when={"field": "number", "is": True}), "late"),
        (rule(stands_while="filing_missing"), "`filing_missing` is not about certificate.issued.v1"),
        (rule(channels=["pigeon"]), "in_app"),
        (overdue(stands_while=None), "when the stages stop"),
        (overdue(due={"field": "filing_due_on", "days": [1]}), "days or stages, not both"),
        (overdue(escalations=2 * [{"working_days": 5, "audience": ["province"]}]), "later than the one before"),
        (overdue(escalations=[{"working_days": 0, "audience": ["province"]}]), "greater than or equal to 1"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_the_reason(wrong, says):
    assert says in refusal(wrong)


def test_no_two_rules_write_the_same_kind():
    assert "more than once: certificate_expiring" in refusal(rule(), rule(due={"field": "valid_until", "days": [-7]}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_from": "20:00"},
        {"quiet_until": "08:00"},
        {"quiet_from": "20:00", "quiet_until": "20:00"},
        {"quiet_from": "25:00", "quiet_until": "08:00"},
        {"working_days_only": ["in_app"]},
        {"digest_at": "noon"},
    ],
)
def test_times_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValidationError) as refused:
        RuleSetParameters().load(published(timing={**TIMING, **wrong}))
    assert list(refused.value.messages_dict) == ["timing"]


def test_what_a_day_is_called_in_one_event_is_a_day_in_all():
    for event in RECORDS:
        hints = get_type_hints(RECORDS[event])
        assert {name for name in hints if name in day_fields()} == set(followed(event).days), event
