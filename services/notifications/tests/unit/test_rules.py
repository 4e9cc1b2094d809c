"""A rule set, as this service reads it."""

from __future__ import annotations

from datetime import date

import pytest
from marshmallow import ValidationError

from notifications.domain.notice import Channel
from notifications.domain.rules import Body, Rules
from notifications.schemas import RuleSetParameters


def rules(**changes):
    given = {
        "version": 1,
        "effective_from": date(2013, 9, 18),
        "document": "吉质联办〔2013〕10号",
        "channels": ("in_app", "email"),
        "channels_by_kind": {"target_set": ["in_app"]},
        "address_wait_days": 30,
        "bodies": {"office": {"name": "办公室"}, "training_centre": {"name": "中心", "telephone": "0431-80000000"}},
        "body_by_kind": {"certificate_issued": "training_centre"},
        "review_body": "吉林省人民政府",
        "review_days": 60,
        "court": "有管辖权的人民法院",
        "court_months": 6,
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
