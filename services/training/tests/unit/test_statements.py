"""What a certificate says, signed: it comes back as it was, by keys old and new, and nothing else passes for it."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from joserfc.jwk import ECKey, OKPKey
from training_makers import STATEMENT

from chassis.security import KeyRing, UnknownKey, Unsigned
from programme import statements
from training.adapters.issuer import Issuer


def key_set(*keys, private=True):
    return json.dumps({"keys": [key.as_dict(private=private) for key in keys]})


OLD, NEW = (OKPKey.generate_key("Ed25519", auto_kid=True) for _ in range(2))
RING = KeyRing(key_set(OLD), "test")
SIGNED = statements.sign(STATEMENT, RING)


def payload(signed):
    part = signed.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_a_statement_comes_back_by_the_public_key_and_is_the_same_text_each_time():
    public = KeyRing(key_set(OLD, private=False), "test")

    assert statements.read(SIGNED, public) == STATEMENT
    assert statements.sign(STATEMENT, RING) == SIGNED
    without_firm = replace(STATEMENT, enterprise=None)
    assert statements.read(statements.sign(without_firm, RING), public) == without_firm


def test_it_tells_of_the_holder_the_name_and_the_firm_and_nothing_that_is_not_on_the_paper():
    assert payload(SIGNED) == {
        "v": 1,
        "iss": "https://cqo.example/training",
        "number": "CQO-JL-2026-220100-000012",
        "name": "阿卜杜拉·买买提",
        "firm": "示例企业",
        "unit": "220100",
        "issued": "2026-03-13",
        "from": "2026-03-13",
        "until": "2029-03-12",
        "rules": 1,
        "edition": 1,
        "idx": 7,
    }


def test_a_key_that_no_longer_signs_still_verifies_and_one_that_is_gone_is_named_as_unknown():
    rotated = KeyRing(key_set(NEW, OLD), "test")

    assert statements.read(SIGNED, rotated) == STATEMENT
    assert statements.read(statements.sign(STATEMENT, rotated), KeyRing(key_set(NEW), "test")) == STATEMENT
    with pytest.raises(UnknownKey):
        statements.read(SIGNED, KeyRing(key_set(NEW), "test"))


def test_what_was_altered_or_is_no_statement_is_refused():
    head, body, signature = SIGNED.split(".")
    older = base64.urlsafe_b64encode(json.dumps({**payload(SIGNED), "until": "2039-03-12"}).encode()).rstrip(b"=")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"cqo-certificate+jws"}').rstrip(b"=").decode()
    altered = (
        f"{head}.{older.decode()}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.",
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        body,
        "",
        "中文",
        "a.b.c",
        RING.sign(b"{}", statements.KIND),
        RING.sign(b'{"v": 1, "iss": 3}', statements.KIND),
        RING.sign(b"[]", statements.KIND),
    )
    for text in altered:
        with pytest.raises(Unsigned):
            statements.read(text, RING)


def test_a_status_list_signed_by_the_same_key_is_not_taken_for_a_statement():
    issuer = Issuer("https://cqo.example/training", "示例中心", RING)

    with pytest.raises(Unsigned):
        issuer.read(issuer.sign_list(SIGNED.encode()))
    with pytest.raises(Unsigned):
        issuer.read(RING.sign(json.dumps(payload(SIGNED)).encode()))


def test_what_is_scanned_is_the_page_s_address_and_holds_the_statement():
    address = statements.address_of(STATEMENT.issuer, SIGNED)

    assert address.startswith("https://cqo.example/training/verify?token=")
    assert statements.found_in(f" {address}\n") == SIGNED
    assert statements.found_in(SIGNED) == SIGNED
    assert statements.found_in("https://cqo.example/") == ""


def test_keys_that_can_not_sign_or_are_no_keys_are_named():
    for content in ("", "{}", "[]", '{"keys": []}', key_set(ECKey.generate_key("P-256"))):
        with pytest.raises(ValueError, match="CQO_CERTIFICATE_KEY"):
            KeyRing(content, "CQO_CERTIFICATE_KEY")
