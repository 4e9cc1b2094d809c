"""What a text message says and costs, and what a robot is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from notifications.adapters.robot import is_known_host, signed_url, text_of
from notifications.adapters.sms import TAIL, compose, day_of, parts
from notifications.adapters.texts import Text
from notifications.config import check_url, hosts
from notifications.domain.robots import Robot, RobotKind

BODY = "李明同志：\n\u3000\u3000您的证书已经颁发。\n\u3000\u3000请妥善保管。\n办公室\n2026年3月2日\n"


@pytest.mark.parametrize(("length", "number"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)])
def test_a_text_is_paid_for_by_its_parts(length, number):
    assert parts("中" * length) == number


def test_a_text_says_who_sends_it_and_the_notices_short_form():
    said = Text("关于颁发证书的通知", BODY, "您已获颁证书。")

    assert compose("吉林质监", said, 3) == "【吉林质监】您已获颁证书。"
    # One from before there were short forms.
    assert compose("吉林质监", Text("关于颁发证书的通知", BODY), 3) == f"【吉林质监】关于颁发证书的通知{TAIL}"


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("subject", ["短", "长" * 60, "很长" * 150])
def test_a_text_never_has_more_parts_than_it_may(most, subject):
    text = compose("吉林质监", Text("关于", BODY, subject), most)

    assert parts(text) <= most and text.startswith("【吉林质监】")


def test_a_day_is_one_in_the_province():
    begins, ends = day_of(datetime(2026, 3, 1, 17, tzinfo=UTC))

    assert (begins.astimezone(UTC).isoformat(), ends.astimezone(UTC).isoformat()) == (
        "2026-03-01T16:00:00+00:00",
        "2026-03-02T16:00:00+00:00",
    )


def test_a_message_to_dingtalk_is_signed_as_dingtalk_checks_it():
    robot = Robot(RobotKind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=t", "SECabc")

    query = parse_qs(urlsplit(signed_url(robot, 1_772_000_000.5)).query)

    digest = hmac.new(b"SECabc", f"{query['timestamp'][0]}\nSECabc".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == digest
    assert query["timestamp"] == ["1772000000500"] and query["access_token"] == ["t"]


def test_a_robot_without_a_secret_is_asked_at_its_plain_url():
    robot = Robot(RobotKind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k")

    assert signed_url(robot, 0) == robot.url


def test_a_group_is_told_numbers_only():
    text = text_of([f"n-{number}" for number in range(12)])

    assert "12件新通知" in text and "n-0" in text and "n-10" not in text


@pytest.mark.parametrize(
    "url",
    [
        "http://oapi.dingtalk.com/robot",
        "https://10.0.0.5/robot",
        "https://oapi.dingtalk.com.evil.example/robot",
        "https://oapi.dingtalk.com:8443/robot",
        "https://user@oapi.dingtalk.com/robot",
        "file:///etc/passwd",
        "https://[::1/robot",
    ],
)
def test_a_robot_elsewhere_is_not_asked(url):
    assert not is_known_host(url, hosts("oapi.dingtalk.com, qyapi.weixin.qq.com"))


def test_a_robot_of_a_known_service_is():
    assert is_known_host("https://OAPI.dingtalk.com/robot?access_token=t", hosts("oapi.dingtalk.com"))


@pytest.mark.parametrize("url", ["http://sms.example/send", "ftp://sms.example", "https://", "https://a@b/"])
def test_a_gateway_that_would_be_asked_in_clear_or_nowhere_is_refused(url):
    with pytest.raises(ValueError, match="https"):
        check_url(url)
