"""Which channels the settings configure."""

from __future__ import annotations

import pytest

from chassis.settings import ConfigurationError, load
from notifications.adapters.sending.senders import connections
from notifications.config import Settings

REQUIRED = {
    "CQO_DATABASE_URL": "postgresql://u:p@h/n",
    "CQO_AMQP_URL": "amqp://u:p@h/",
    "CQO_JWKS": "/jwks.json",
    "CQO_AUDIT_KEY": "{}",
    "CQO_PII_KEY": "k",
    "CQO_NOTICE_KEY": "k",
    "CQO_PII_INDEX_KEY": "k",
    "CQO_CONTACT_PRIVATE_KEY": "{}",
    "CQO_SMTP_URL": "smtp://127.0.0.1:25",
}
TEXTS = {"CQO_SMS_URL": "https://sms.example/send", "CQO_SMS_KEY": "k", "CQO_SMS_SIGNATURE": "s"}
ROBOTS = {"CQO_ROBOT_HOSTS": "oapi.dingtalk.com, qyapi.weixin.qq.com"}
EMPTY = {"CQO_SMS_URL": "", "CQO_SMS_KEY": "", "CQO_SMS_SIGNATURE": "", "CQO_ROBOT_HOSTS": ""}


def configured(**more):
    return [each.channel for each in connections(load(Settings, "notifications", REQUIRED | more))]


@pytest.mark.parametrize(
    ("more", "channels"),
    [
        ({}, ["email"] * 8),
        (EMPTY, ["email"] * 8),
        ({"CQO_SMTP_URL": "off"}, []),
        (TEXTS, [*["email"] * 8, "sms"]),
        ({"CQO_SMTP_URL": "off", **TEXTS, **ROBOTS}, ["sms", "robot"]),
    ],
)
def test_each_channel_is_on_by_its_settings(more, channels):
    assert configured(**more) == channels


@pytest.mark.parametrize("missing", ["CQO_SMS_KEY", "CQO_SMS_SIGNATURE"])
def test_a_gateway_without_a_key_or_a_signature_stops_the_start(missing):
    with pytest.raises(ConfigurationError, match=missing):
        configured(**{name: value for name, value in TEXTS.items() if name != missing})


def test_a_gateway_in_clear_is_refused_by_name():
    with pytest.raises(ConfigurationError, match="CQO_SMS_URL: messages may not go over the network in clear"):
        configured(CQO_SMS_URL="http://sms.example/send")
