"""Signatures: the vectors that docs/subscribers.md shows, each way of being wrong, and the reference implementation."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from cqo_subscriber import NotVerified, verify

DOCUMENT = Path(__file__).parents[3] / "docs" / "subscribers.md"
AT = 1614265330
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "Webhook-Timestamp": str(AT),
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def now() -> float:
    return AT + 10


def test_the_vector_of_the_specification_is_verified_and_so_is_what_the_reference_signs() -> None:
    assert verify(BODY, HEADERS, [SECRET], now=now) == "msg_p5jXN8AQM9LWM0D4loKWxJek"

    signed = Webhook(SECRET).sign("msg", datetime.fromtimestamp(AT, UTC), "首席质量官")
    headers = {"webhook-id": "msg", "webhook-timestamp": str(AT), "webhook-signature": signed}
    assert (
        verify("首席质量官".encode(), headers, ["whsec_" + base64.b64encode(b"other").decode(), SECRET], now=now)
        == "msg"
    )


@pytest.mark.parametrize("version", ["v1", "v1sm3", "v1a"])
def test_the_vectors_of_the_document_are_verified_each_by_its_key_alone(version: str) -> None:
    block = re.search(r"```json\n(\{\n \"vectors\".*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert block is not None
    vectors = json.loads(block[1])
    (vector,) = (each for each in vectors["vectors"] if each["signature"].startswith(f"{version},"))
    headers = {
        "webhook-id": vectors["webhook-id"],
        "webhook-timestamp": str(vectors["webhook-timestamp"]),
        "webhook-signature": vector["signature"],
    }
    body = vectors["body"].encode()

    assert verify(body, headers, [vector["key"]], now=lambda: vectors["webhook-timestamp"]) == vectors["webhook-id"]
    for other in vectors["vectors"]:
        if other["key"] != vector["key"]:
            with pytest.raises(NotVerified, match="no signature is right"):
                verify(body, headers, [other["key"]], now=lambda: vectors["webhook-timestamp"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ2OE="}, "no signature is right"),
        ({"Webhook-Signature": "v1,!!! v2,aaaa v1 ,"}, "no signature is right"),
        ({"Webhook-Signature": ""}, "no signature is right"),
        ({"Webhook-Id": "another"}, "no signature is right"),
        ({"Webhook-Timestamp": str(AT + 1)}, "no signature is right"),
        ({"Webhook-Timestamp": "soon"}, "no number|not a number"),
        ({"Webhook-Timestamp": str(AT - 400)}, "more than 300 s away"),
        ({"Webhook-Timestamp": str(AT + 400)}, "more than 300 s away"),
    ],
)
def test_what_is_changed_old_or_malformed_is_refused_with_the_reason(change: dict[str, str], told: str) -> None:
    with pytest.raises(NotVerified, match=told):
        verify(BODY, HEADERS | change, [SECRET], now=now)


def test_a_body_that_is_changed_and_a_header_that_is_missing_are_refused() -> None:
    with pytest.raises(NotVerified, match="no signature is right"):
        verify(BODY + b" ", HEADERS, [SECRET], now=now)
    with pytest.raises(NotVerified, match="webhook-id"):
        verify(BODY, {name: value for name, value in HEADERS.items() if name != "Webhook-Id"}, [SECRET], now=now)


@pytest.mark.parametrize("key", ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_*"])
def test_a_key_that_is_none_is_said_and_not_taken_for_a_wrong_signature(key: str) -> None:
    with pytest.raises(ValueError, match="a key"):
        verify(BODY, HEADERS, [key], now=now)
