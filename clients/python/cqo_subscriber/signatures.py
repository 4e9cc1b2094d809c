"""Verifies the signature of a webhook: Standard Webhooks (https://www.standardwebhooks.com), and HMAC-SM3 beside it.

A request carries `webhook-id`, `webhook-timestamp` and `webhook-signature`. The last one holds signatures with spaces
between, each `<version>,<base64>`, of the bytes `<id>.<timestamp>.<body>`:

    v1       HMAC-SHA256, by a secret `whsec_<base64>`
    v1sm3    HMAC-SM3 (GM/T 0004), by the same secret
    v1a      Ed25519, by a public key `whpk_<base64>`
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

SECRET, PUBLIC_KEY = "whsec_", "whpk_"
HASHES = {"v1": "sha256", "v1sm3": "sm3"}
TOLERANCE = 300  # seconds


class NotVerified(Exception):
    """The request is not to be believed; the message says why. Answer it with 400 or 401."""


def verify(
    body: bytes,
    headers: Mapping[str, str],
    keys: Sequence[str],
    *,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] = time.time,
) -> str:
    """The id of the message, the same at each attempt; NotVerified unless one signature is right by one of `keys`.

    `body` is what was received, byte for byte. While a secret rotates, give the old one and the new one. A time more
    than `tolerance` seconds away is refused, so that an old request can't be sent again.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        identity, timestamp, written = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise NotVerified(f"the header {missing} is missing") from None
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise NotVerified("webhook-timestamp is not a number of seconds")
    if abs(now() - int(timestamp)) > tolerance:
        raise NotVerified(f"the time is more than {tolerance:g} s away; is a clock wrong?")
    signed = f"{identity}.{timestamp}.".encode() + body
    if not any(_is_right(version, signature, signed, key) for version, signature in _parts(written) for key in keys):
        raise NotVerified("no signature is right by the keys that are known")
    return identity


def _parts(written: str) -> Iterator[tuple[str, bytes]]:
    """Each version with its signature; what can't be read is passed over, as a version that is not known."""
    for part in written.split(" "):
        version, _, encoded = part.partition(",")
        try:
            yield version, base64.b64decode(encoded, validate=True)
        except binascii.Error:
            continue


def _is_right(version: str, signature: bytes, signed: bytes, key: str) -> bool:
    if version in HASHES and key.startswith(SECRET):
        secret = _decoded(key.removeprefix(SECRET))
        return hmac.compare_digest(hmac.digest(secret, signed, HASHES[version]), signature)
    if version == "v1a" and key.startswith(PUBLIC_KEY):
        return _is_right_by_ed25519(_decoded(key.removeprefix(PUBLIC_KEY)), signature, signed)
    if not key.startswith((SECRET, PUBLIC_KEY)):
        raise ValueError(f"a key begins with {SECRET} or {PUBLIC_KEY}")
    return False


def _is_right_by_ed25519(public_key: bytes, signature: bytes, signed: bytes) -> bool:
    # Here, for it is needed for this kind of signature alone: pip install cqo-subscriber[ed25519]
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _decoded(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error as fault:
        raise ValueError("a key is its prefix and base64") from fault
    if not key:
        raise ValueError("a key is empty")
    return key
