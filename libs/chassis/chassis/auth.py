"""Who is calling: a bearer token is verified against the issuer's keys and becomes a Caller.

Only EdDSA and RS256 are accepted, whatever the token's header says, so neither `alg: none` nor a public key used as
an HMAC secret gets in. Tokens live by the machine's clock, also where a demo has moved the programme's.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from joserfc import jwk, jws
from joserfc.errors import JoseError

from chassis.errors import CqoError, Forbidden, Unauthenticated

log = logging.getLogger(__name__)

ROLES = frozenset({"province", "division", "training_centre", "enterprise", "cqo", "system", "ops", "auditor"})
ALGORITHMS = ("EdDSA", "Ed25519", "RS256")
ANYONE = ROLES  # any role, but a valid token
PUBLIC: frozenset[str] = frozenset()  # no token is asked for

# A role that acts for one object is worth nothing without the claim that names the object.
CLAIM_OF_ROLE = {"division": "division", "enterprise": "enterprise", "cqo": "person"}
LEEWAY = 30  # seconds by which the issuer's clock and ours may differ
MAX_TOKEN = 8192
MAX_AGE = 600  # seconds after which fetched keys are fetched anew, so that a withdrawn key ends
MIN_INTERVAL = 60  # seconds between two fetches, so that forged key ids can't make us flood the issuer


@dataclass(frozen=True)
class Caller:
    """Who calls, in which role, and for which division, enterprise or person."""

    subject: str
    role: str
    division: str | None = None
    enterprise_id: str | None = None
    person_id: str | None = None
    token_id: str | None = None


class TokenExpired(Unauthenticated):
    """The token has expired; get a new one from your identity provider."""

    zh = "令牌已过期，请向身份提供方重新获取。"


class TokenRefused(Unauthenticated):
    """The token is not one that this service accepts: its signature, issuer or audience is not right."""

    zh = "令牌的签名、签发者或受众不正确，本服务不予接受。"


class RoleUnknown(Forbidden):
    """The token's role is not one of this programme's, or lacks the claim that says for whom it acts."""

    zh = "令牌中的角色不属于本制度，或缺少该角色所代表对象的声明。"


class KeysUnavailable(CqoError):
    """The keys that sign tokens can't be read just now; try again shortly."""

    status = 503
    zh = "暂时无法读取令牌签名公钥，请稍后重试。"


class KeySource:
    """The issuer's public keys: a file, read again when it changes, or a URL, fetched again when a key is unknown."""

    def __init__(self, location: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.location = location
        self.is_url = location.startswith(("http://", "https://"))
        self.monotonic = monotonic
        self.keys: dict[str | None, Any] = {}
        self.stamp: tuple[int, int] | None = None
        self.fetched_at = -math.inf

    def find(self, kid: str | None) -> Any:
        """The key called `kid`, or the only key there is when the token names none; None if there is no such key."""
        self._refresh(MAX_AGE)
        if self._select(kid) is None:
            self._refresh(MIN_INTERVAL)
        if not self.keys:
            raise KeysUnavailable()
        return self._select(kid)

    def _select(self, kid: str | None) -> Any:
        if kid is None:
            return next(iter(self.keys.values())) if len(self.keys) == 1 else None
        return self.keys.get(kid)

    def _refresh(self, older_than: float) -> None:
        try:
            if not self.is_url:
                self._read_file()
            elif self.monotonic() - self.fetched_at >= older_than:
                self._fetch()
        except (OSError, ValueError, JoseError, requests.RequestException) as fault:
            # The keys read before go on: an issuer that is down must not lock everybody out.
            log.warning("signing keys could not be read from %s: %s", self.location, fault)

    def _read_file(self) -> None:
        path = Path(self.location)
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self.stamp:
            self.keys = _public_keys(json.loads(path.read_text()))
            self.stamp = stamp

    def _fetch(self) -> None:
        self.fetched_at = self.monotonic()
        answer = requests.get(self.location, timeout=5)
        answer.raise_for_status()
        self.keys = _public_keys(answer.json())


def _public_keys(document: Any) -> dict[str | None, Any]:
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("this is not a JWK set")
    keys: dict[str | None, Any] = {}
    for entry in document["keys"]:
        if entry.get("kty") in ("OKP", "RSA") and entry.get("use", "sig") == "sig":
            keys[entry.get("kid")] = jwk.import_key(entry)
    return keys


class Verifier:
    """Turns a bearer token into a Caller, or refuses it."""

    def __init__(self, keys: KeySource, issuer: str, audience: str) -> None:
        self.keys = keys
        self.issuer = issuer
        self.audience = audience
        self.registry = jws.JWSRegistry(algorithms=list(ALGORITHMS))

    def authenticate(self, authorization: str | None) -> Caller:
        """The caller named by an `Authorization` header."""
        if not authorization:
            raise Unauthenticated()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated()
        return self.verify(token.strip())

    def verify(self, token: str) -> Caller:
        """The caller of a token in compact form."""
        claims = self._claims(token)
        self._check_times(claims)
        audiences = claims.get("aud")
        audiences = audiences if isinstance(audiences, list) else [audiences]
        if claims.get("iss") != self.issuer or self.audience not in audiences:
            raise TokenRefused()
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject or len(subject) > 200 or not subject.isprintable():
            raise TokenRefused()
        return _caller(subject, claims)

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN:
            raise TokenRefused()
        try:
            signed = jws.deserialize_compact(token, self._key_of, registry=self.registry)
            claims = json.loads(signed.payload)
        # Whatever a forger makes our libraries stumble over is a refused token, never an error of ours.
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as fault:
            log.info("token refused: %s", type(fault).__name__)
            raise TokenRefused() from fault
        if not isinstance(claims, dict):
            raise TokenRefused()
        return claims

    def _key_of(self, signed: Any) -> Any:
        header = signed.headers()
        kid = header.get("kid")
        key = self.keys.find(kid if isinstance(kid, str) else None)
        if key is None or header.get("alg") not in ALGORITHMS:
            raise ValueError("no such key")
        return key

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = time.time()
        if not _is_time(claims.get("exp")) or not _is_time(claims.get("nbf", 0)):
            raise TokenRefused()
        if claims["exp"] <= now - LEEWAY:
            raise TokenExpired()
        if claims.get("nbf", 0) > now + LEEWAY:
            raise TokenRefused()


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _caller(subject: str, claims: dict[str, Any]) -> Caller:
    role = claims.get("role")
    named = {name: claims.get(name) for name in ("division", "enterprise", "person", "jti")}
    texts_only = all(value is None or (isinstance(value, str) and 0 < len(value) <= 200) for value in named.values())
    if not isinstance(role, str) or role not in ROLES or not texts_only:
        raise RoleUnknown()
    if role in CLAIM_OF_ROLE and not named[CLAIM_OF_ROLE[role]]:
        raise RoleUnknown()
    return Caller(subject, role, named["division"], named["enterprise"], named["person"], named["jti"])
