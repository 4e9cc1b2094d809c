"""A rule set, as this service reads it."""

from __future__ import annotations

from datetime import date

import pytest

from notifications.domain.notice import Channel
from notifications.domain.rules import Rules


def rules(**changes):
    given = {
        "version": 1,
        "effective_from": date(2013, 9, 18),
        "document": "吉质联办〔2013〕10号",
        "channels": ("in_app", "email"),
        "channels_by_kind": {"target_set": ["in_app"]},
        "address_wait_days": 30,
        "signature": "办公室",
    }
    return Rules(**{**given, **changes})


def test_a_kind_goes_out_by_its_own_channels_and_the_others_by_all():
    assert rules().channels_of("target_set") == [Channel.IN_APP]
    assert rules().channels_of("certificate_issued") == [Channel.IN_APP, Channel.EMAIL]


def test_a_channel_that_there_is_not_is_refused():
    with pytest.raises(ValueError):
        rules(channels=("inbox",)).channels_of("certificate_issued")


def test_no_parameter_has_a_second_default():
    with pytest.raises(TypeError):
        Rules(version=1, effective_from=date(2013, 9, 18), document="d")
