"""Signatures of webhooks by the Standard Webhooks specification 1.0, and HMAC-SM3 as an extension of ours.

What is signed is `<webhook-id>.<webhook-timestamp>.<body>`. The header `webhook-signature` holds one signature for each
key that is in force, with spaces between, so a receiver that knows any of them can verify while a secret rotates:

    v1,<base64>      HMAC-SHA256, the key is shared (`whsec_…`)
    v1a,<base64>     Ed25519, the receiver has the public key only (`whpk_…`)
    v1sm3,<base64>   HMAC-SM3 (GB/T 32905, GB/T 15852.2): an extension, not part of the specification. Receivers pass
                     over versions that they do not know, so it harms nobody.
"""

from __future__ import annotations

import base64
import binascii
import hmac as standard_hmac
import secrets
from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notifications.domain.webhook import Scheme

KEY_BYTES = 32
SHARED, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"

Signer = Callable[[bytes], str]  # from what is signed to one signature of the header


class BadKey(ValueError):
    """The text is no key: it is `whsec_` (shared) or `whsk_` (private), and base64 of 24 to 64 bytes (Ed25519: 32)."""


def new_key(scheme: Scheme) -> str:
    """A new key as text, to be sealed: `whsec_…`, for Ed25519 `whsk_…`."""
    prefix = PRIVATE if scheme == Scheme.ED25519 else SHARED
    return prefix + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def receivers_part(scheme: Scheme, key: str) -> str:
    """What the receiver must have to verify: the key itself, for Ed25519 its public part `whpk_…`."""
    if scheme != Scheme.ED25519:
        return key
    public = Ed25519PrivateKey.from_private_bytes(_bytes_of(key, PRIVATE)).public_key()
    return PUBLIC + base64.b64encode(public.public_bytes_raw()).decode()


def signer(scheme: Scheme, key: str) -> Signer:
    """What signs with `key`; BadKey if it is none of that scheme. To be made once for many signatures."""
    if scheme == Scheme.ED25519:
        private = Ed25519PrivateKey.from_private_bytes(_bytes_of(key, PRIVATE))
        return lambda content: _signature("v1a", private.sign(content))
    shared = _bytes_of(key, SHARED)
    if scheme == Scheme.HMAC_SHA256:
        return lambda content: _signature("v1", standard_hmac.digest(shared, content, "sha256"))
    # Not hashlib's: whether it knows SM3 depends on how the machine's OpenSSL was built.
    keyed = hmac.HMAC(shared, hashes.SM3())

    def by_sm3(content: bytes) -> str:
        mac = keyed.copy()
        mac.update(content)
        return _signature("v1sm3", mac.finalize())

    return by_sm3


def headers(signers: Sequence[Signer], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt. `message_id` is the same at each, `timestamp` is its own (Unix seconds)."""
    content = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(content) for sign in signers),
    }


def _signature(version: str, value: bytes) -> str:
    return f"{version},{base64.b64encode(value).decode()}"


def _bytes_of(key: str, prefix: str) -> bytes:
    if not key.startswith(prefix):
        raise BadKey(BadKey.__doc__)
    try:
        found = base64.b64decode(key.removeprefix(prefix), validate=True)
    except binascii.Error as fault:
        raise BadKey(BadKey.__doc__) from fault
    if not 24 <= len(found) <= 64 or (prefix == PRIVATE and len(found) != KEY_BYTES):
        raise BadKey(BadKey.__doc__)
    return found
