"""Personal data at rest: sealed with AES-256-GCM, found by a keyed index, masked when shown.

A sealed text is `v1.<key id>.<nonce and ciphertext>`; in a sealed file the last part is bytes. The key id lets keys
change: the first configured key seals, any of them opens. The context (which field, of whom) is authenticated too, so
that a ciphertext copied into another row or column does not open there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = "v1"
NONCE_BYTES = 12


class CannotOpen(Exception):
    """The sealed text was changed, belongs elsewhere, or was sealed with a key that is not configured."""


class Cipher:
    """Seals and opens texts, and indexes them."""

    def __init__(self, key_b64: str, index_key_b64: str) -> None:
        """`key_b64`: one key of 32 bytes, or several with commas between, the present one first."""
        keys = [_key(part) for part in key_b64.split(",")]
        self.present = _key_id(keys[0])
        self.ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self.index_key = _key(index_key_b64)

    def seal(self, text: str, context: str) -> str:
        """The text, encrypted and bound to `context`."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self.ciphers[self.present].encrypt(nonce, text.encode(), _authenticated(self.present, context))
        return f"{FORMAT}.{self.present}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, context: str) -> str:
        """The text in clear; CannotOpen if it was changed or sealed in another context."""
        try:
            version, key_id, payload = sealed.split(".")
            if version != FORMAT:
                raise CannotOpen(f"unknown format {version[:8]!r}")
            data = base64.b64decode(payload, altchars=b"-_", validate=True)
            cipher = self.ciphers[key_id]
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _authenticated(key_id, context)).decode()
        except (InvalidTag, ValueError, KeyError, binascii.Error) as fault:
            raise CannotOpen(type(fault).__name__) from fault

    def seal_bytes(self, content: bytes, context: str) -> bytes:
        """The same of a file."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self.ciphers[self.present].encrypt(nonce, content, _authenticated(self.present, context))
        return b"".join((f"{FORMAT}.{self.present}.".encode(), nonce, sealed))

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """The file in clear; CannotOpen if it was changed or sealed in another context."""
        version, _, rest = sealed.partition(b".")
        key_id, _, data = rest.partition(b".")
        try:
            if version.decode() != FORMAT:
                raise CannotOpen("unknown format")
            cipher = self.ciphers[key_id.decode()]
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _authenticated(key_id.decode(), context))
        except (InvalidTag, ValueError, KeyError) as fault:
            raise CannotOpen(type(fault).__name__) from fault

    def index(self, text: str) -> str:
        """A keyed hash by which equal texts are found without opening any."""
        return hmac.new(self.index_key, text.encode(), hashlib.sha256).hexdigest()


def _authenticated(key_id: str, context: str) -> bytes:
    return f"{FORMAT}.{key_id}.{context}".encode()


def _key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error as fault:
        raise ValueError("a key must be given in base64") from fault
    if len(key) != 32:
        raise ValueError(f"a key must have 32 bytes, not {len(key)}")
    return key


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"cqo key id" + key).hexdigest()[:8]


def mask_id_number(number: str) -> str:
    """220102199001010017 → 220*************17."""
    return _mask(number, 3, 2)


def mask_phone(phone: str) -> str:
    """13812341234 → 138****1234."""
    return _mask(phone, 3, 4)


def mask_email(email: str) -> str:
    """li.lei@example.cn → l***@example.cn. The stars do not tell how long the name is."""
    name, at, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}" if at else "***"


def _mask(text: str, head: int, tail: int) -> str:
    if len(text) <= head + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
