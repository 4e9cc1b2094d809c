"""Signatures, held against the specification's own vectors and against its reference implementation."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from notifications.adapters.webhook import signing
from notifications.domain.webhook import Scheme

# The example of the specification, which each of its libraries has among its tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def signed(*keys, body=BODY, at=None, message=MESSAGE):
    signers = [signing.signer(scheme, key) for scheme, key in keys]
    return signing.headers(signers, message, int(time.time()) if at is None else at, body)


def test_the_vector_of_the_specification():
    assert signed((Scheme.HMAC_SHA256, SECRET), at=AT)["webhook-signature"] == SIGNATURE
    assert Webhook(SECRET).sign(MESSAGE, datetime.fromtimestamp(AT, UTC), BODY.decode()) == SIGNATURE


def test_the_reference_implementation_verifies_ours_and_refuses_a_changed_one():
    key = signing.new_key(Scheme.HMAC_SHA256)
    body = '{"name":"示例李明"}'.encode()
    headers = signed((Scheme.HMAC_SHA256, key), body=body)

    assert Webhook(key).verify(body, headers) == {"name": "示例李明"}
    for changed in (
        {**headers, "webhook-id": "another"},
        {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)},
        signed((Scheme.HMAC_SHA256, signing.new_key(Scheme.HMAC_SHA256)), body=body),
    ):
        with pytest.raises(WebhookVerificationError, match="No matching signature"):
            Webhook(key).verify(body, changed)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(key).verify(body + b" ", headers)


def test_while_a_secret_rotates_a_receiver_with_either_verifies_and_passes_over_other_versions():
    old, new = signing.new_key(Scheme.HMAC_SHA256), signing.new_key(Scheme.HMAC_SHA256)
    others = [(scheme, signing.new_key(scheme)) for scheme in (Scheme.ED25519, Scheme.HMAC_SM3)]

    headers = signed(*others, (Scheme.HMAC_SHA256, new), (Scheme.HMAC_SHA256, old))

    assert [each.split(",")[0] for each in headers["webhook-signature"].split(" ")] == ["v1a", "v1sm3", "v1", "v1"]
    for key in (old, new):
        assert Webhook(key).verify(BODY, headers) == {"test": 2432232314}


def test_ed25519_verifies_with_the_public_part_only():
    key = signing.new_key(Scheme.ED25519)
    headers = signed((Scheme.ED25519, key), at=AT)
    shown = signing.receivers_part(Scheme.ED25519, key)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(shown.removeprefix("whpk_")))
    version, _, signature = headers["webhook-signature"].partition(",")

    assert version == "v1a" and shown.startswith("whpk_") and key.startswith("whsk_")
    public.verify(base64.b64decode(signature), b"%s.%d.%s" % (MESSAGE.encode(), AT, BODY))
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(signature), b"%s.%d.%s" % (MESSAGE.encode(), AT + 1, BODY))


def test_sm3_is_that_of_the_standard():
    # GM/T 0004-2012 (GB/T 32905-2016), example 1 of appendix A.
    digest = hashes.Hash(hashes.SM3())
    digest.update(b"abc")

    assert digest.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_hmac_sm3_is_that_of_the_standard():
    # GM/T 0042-2015, appendix D.3.
    key = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
    text = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2

    version, _, signature = signing.signer(Scheme.HMAC_SM3, key)(text).partition(",")

    assert version == "v1sm3"
    expected = "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"
    assert base64.b64decode(signature).hex() == expected


@pytest.mark.parametrize("scheme", list(Scheme))
def test_each_key_is_new_and_signs_by_its_own_scheme(scheme):
    first, second = signing.new_key(scheme), signing.new_key(scheme)

    assert first != second
    assert signing.signer(scheme, first)(b"x") != signing.signer(scheme, second)(b"x")


@pytest.mark.parametrize("key", ["", "whsec_", "whsec_AAAA", "whsec_!", "whsk_" + "A" * 43 + "=", "secret"])
def test_what_is_no_shared_key_is_refused(key):
    with pytest.raises(signing.BadKey, match="whsec_"):
        signing.signer(Scheme.HMAC_SHA256, key)
