"""A ring of Ed25519 keys: one signs, the others still verify. What is signed is a compact JWS (RFC 7515)."""

from __future__ import annotations

import json
from typing import Any

from joserfc import jwk, jws
from joserfc.errors import BadSignatureError, JoseError

ALGORITHM = "Ed25519"


class Unsigned(ValueError):
    """It bears no signature of a key of the ring, or was changed since it was signed."""


class UnknownKey(Unsigned):
    """It names a key that is not in the ring."""


class KeyRing:
    """Keys as a JWK Set in JSON: the first signs; the others, and public parts, serve to verify.

    Raises ValueError where `content` is no such set; `setting` is what the message calls it.
    """

    def __init__(self, content: str, setting: str) -> None:
        try:
            self._keys = jwk.KeySet.import_key_set(json.loads(content))
            for key in self._keys.keys:
                key.ensure_kid()
        except (JoseError, LookupError, TypeError, ValueError) as fault:
            raise ValueError(f"{setting} is not a JWK Set in JSON: {type(fault).__name__}") from fault
        if not self._keys.keys or not all(isinstance(key, jwk.OKPKey) for key in self._keys.keys):
            raise ValueError(f"the keys of {setting} are not all of {ALGORITHM}")

    @property
    def can_sign(self) -> bool:
        """Whether the first key is a private one."""
        return bool(self._keys.keys[0].is_private)

    @property
    def public(self) -> dict[str, Any]:  # Any: JSON
        """The public parts of all keys, as a JWK Set."""
        return {"keys": [key.as_dict(private=False) for key in self._keys.keys]}

    def sign(self, content: bytes, kind: str | None = None) -> str:
        """`content` as a compact JWS; `kind` is its `typ`, by which one thing that is signed is not taken for another.

        The same content and key give the same text: Ed25519 needs no chance.
        """
        key = self._keys.keys[0]
        header = {"alg": ALGORITHM, "kid": key.kid} | ({} if kind is None else {"typ": kind})
        return jws.serialize_compact(header, content, key, [ALGORITHM])

    def open(self, signed: str, kind: str | None = None) -> bytes:
        """What was signed, if it is of this `kind`; raises Unsigned, and UnknownKey where the key is not here."""
        try:
            header = jws.extract_compact(signed.encode()).headers()
            if kind is not None and header.get("typ") != kind:
                raise Unsigned(f"it is no {kind}")
            if "kid" in header and header["kid"] not in {key.kid for key in self._keys.keys}:
                raise UnknownKey(str(header["kid"])[:100])
            return jws.deserialize_compact(signed, self._keys, [ALGORITHM]).payload
        except BadSignatureError as fault:
            raise Unsigned("the signature does not fit what is signed") from fault
        except (JoseError, LookupError, TypeError, ValueError, AttributeError) as fault:
            if isinstance(fault, Unsigned):
                raise
            raise Unsigned(f"{signed[:40]}… is no signed text: {type(fault).__name__}") from fault
