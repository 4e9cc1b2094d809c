"""Sealed texts open again with the right key and context, and with nothing else."""

from __future__ import annotations

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.security.cipher import CannotOpen, Cipher, mask_email, mask_id_number, mask_phone


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


INDEX_KEY = key()
CIPHER = Cipher(key(), INDEX_KEY)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_again(text: str, context: str) -> None:
    assert CIPHER.open(CIPHER.seal(text, context), context) == text


def test_two_seals_of_one_text_differ_and_hide_it() -> None:
    first, second = (CIPHER.seal("220102199001010017", "id_number") for _ in range(2))

    assert first != second
    assert "220102199001010017" not in first


def test_a_sealed_text_does_not_open_in_another_context() -> None:
    with pytest.raises(CannotOpen):
        CIPHER.open(CIPHER.seal("13800138000", "phone:p-1"), "phone:p-2")


def test_any_changed_character_is_noticed() -> None:
    sealed = CIPHER.seal("13800138000", "phone")

    for place, character in enumerate(sealed):
        changed = sealed[:place] + ("A" if character != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(CannotOpen):
            CIPHER.open(changed, "phone")


@pytest.mark.parametrize("sealed", ["", "13800138000", "v1.x.y", "v1..", "v2.a.b", "a.b.c.d", "v1.吉.林"])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(CannotOpen):
        CIPHER.open(sealed, "phone")


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_file_that_is_sealed_opens_again_and_in_no_other_context(content: bytes, context: str) -> None:
    sealed = CIPHER.seal_bytes(content, context)

    assert CIPHER.open_bytes(sealed, context) == content
    with pytest.raises(CannotOpen):
        CIPHER.open_bytes(sealed, f"{context} of another")


def test_a_changed_byte_of_a_sealed_file_is_noticed() -> None:
    sealed = CIPHER.seal_bytes(b"file", "c")

    for place, byte in enumerate(sealed):
        with pytest.raises(CannotOpen):
            CIPHER.open_bytes(sealed[:place] + bytes([byte ^ 1]) + sealed[place + 1 :], "c")
    for never_sealed in (b"", b"v1.x", b"v1..", b"not sealed"):
        with pytest.raises(CannotOpen):
            CIPHER.open_bytes(never_sealed, "c")


def test_keys_rotate() -> None:
    old, new = key(), key()
    sealed = Cipher(old, INDEX_KEY).seal("text", "c")
    sealed_file = Cipher(old, INDEX_KEY).seal_bytes(b"file", "c")
    rotated = Cipher(f"{new},{old}", INDEX_KEY)

    assert rotated.open(sealed, "c") == "text"
    assert rotated.open_bytes(sealed_file, "c") == b"file"
    assert rotated.seal("text", "c").split(".")[1] != sealed.split(".")[1], "it seals with the new key"
    with pytest.raises(CannotOpen):
        Cipher(new, INDEX_KEY).open(sealed, "c")


def test_the_index_is_the_same_for_the_same_text_and_key_only() -> None:
    assert CIPHER.index("a") == Cipher(key(), INDEX_KEY).index("a")
    assert CIPHER.index("a") != CIPHER.index("b")
    assert CIPHER.index("a") != Cipher(key(), key()).index("a")


@pytest.mark.parametrize("bad", ["", "short", base64.b64encode(b"x" * 31).decode(), "!" * 44])
def test_a_key_that_is_none_stops_the_start(bad: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Cipher(bad, INDEX_KEY)


def test_masks_show_little() -> None:
    assert mask_id_number("220102199001010017") == "220*************17"
    assert mask_phone("13812341234") == "138****1234"
    assert mask_email("li.lei@example.invalid") == "l***@example.invalid"


@pytest.mark.parametrize("mask", [mask_id_number, mask_phone])
@pytest.mark.parametrize("short", ["", "1", "12345"])
def test_what_is_too_short_to_mask_is_hidden_whole(mask: object, short: str) -> None:
    assert set(mask(short)) <= {"*"}  # type: ignore[operator]


def test_what_is_no_e_mail_is_hidden_whole() -> None:
    assert mask_email("13812341234") == "***"
