"""Who is calling: a bearer token is verified against the issuer's keys and becomes a Caller.

Only EdDSA and RS256 are accepted, whatever the token's header says, so neither `alg: none` nor a public key used as
an HMAC secret gets in. Tokens live by the machine's clock, also where a demo has moved the programme's.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from joserfc import jwk, jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import GuestProtocol, Key
from joserfc.jwt import Claims

from chassis import bounds, fetching
from chassis.errors import CqoError, Forbidden, Unauthenticated
from chassis.security.access import Access
from chassis.security.caller import Caller

log = logging.getLogger(__name__)

ALGORITHMS = ("EdDSA", "Ed25519", "RS256")
LEEWAY = 30  # seconds by which the issuer's clock and ours may differ
MAX_TOKEN = 8192
MAX_AGE = 600  # seconds after which fetched keys are fetched anew, so that a withdrawn key ends
RETRY_AFTER = 1  # seconds before keys are fetched again where there are none yet, since nobody gets in meanwhile
MIN_INTERVAL = 60  # seconds between two fetches, so that forged key ids can't make us flood the issuer
LATEST = 2**53  # no instant of a token lies beyond; JSON's readers agree on figures up to here
MOST_VERIFIED = 1000  # tokens whose signature need not be checked again, as long as their key is the same
LONGEST_CLAIM = 200  # characters of a subject, or of a claim that names an object


class TokenExpired(Unauthenticated):
    """The token has expired; get a new one from your identity provider."""

    zh = "令牌已过期，请向身份提供方重新获取。"


class TokenRefused(Unauthenticated):
    """The token is not one that this service accepts: its signature, issuer or audience is not right."""

    zh = "令牌的签名、签发者或受众不正确，本服务不予接受。"


class TokenTooLong(Unauthenticated):
    """The token is good for longer than this service allows; get one of a shorter life from your identity provider."""

    zh = "令牌的有效期超过本服务允许的上限，请向身份提供方获取有效期较短的令牌。"


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
        self.keys: dict[str | None, Key] = {}
        self.stamp: tuple[int, int] | None = None
        self.fetched_at = self.tried_at = -math.inf
        self.verified = VerifiedTokens()

    def find(self, kid: str | None) -> Key | None:
        """The key called `kid`, or the only key there is when the token names none; None if there is no such key."""
        self._refresh(MAX_AGE)
        if self._select(kid) is None:
            self._refresh(MIN_INTERVAL)
        if not self.keys:
            raise KeysUnavailable()
        return self._select(kid)

    def _select(self, kid: str | None) -> Key | None:
        if kid is None:
            return next(iter(self.keys.values())) if len(self.keys) == 1 else None
        return self.keys.get(kid)

    def _refresh(self, older_than: float) -> None:
        try:
            if not self.is_url:
                self._read_file()
            elif self._is_due(older_than):
                self._fetch()
        except (OSError, ValueError, JoseError, fetching.NotFetched) as fault:
            # The keys read before go on: an issuer that is down must not lock everybody out.
            log.warning("signing keys could not be read from %s: %s", self.location, fault)

    def _is_due(self, older_than: float) -> bool:
        """Whether to fetch: by the last fetch that succeeded, and not at once after one that failed."""
        now = self.monotonic()
        pause = MIN_INTERVAL if self.keys else RETRY_AFTER
        return now - self.fetched_at >= older_than and now - self.tried_at >= pause

    def _read_file(self) -> None:
        path = Path(self.location)
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self.stamp:
            self.keys = _public_keys(json.loads(path.read_text()))
            self.stamp = stamp

    def _fetch(self) -> None:
        self.tried_at = self.monotonic()
        self.keys = _public_keys(fetching.get(self.location, timeout=5))
        self.fetched_at = self.tried_at


class VerifiedTokens:
    """The claims of tokens whose signature was right, the latest used last; a token is known by its hash alone."""

    def __init__(self) -> None:
        self.known: OrderedDict[bytes, tuple[Key, str | None, Claims]] = OrderedDict()

    def claims_of(self, token: str, find: Callable[[str | None], Key | None]) -> Claims | None:
        """The claims, if `find` still gives the key that signed them, and not one that was read anew since."""
        digest = hashlib.sha256(token.encode()).digest()
        entry = self.known.pop(digest, None)
        if entry is None:
            return None
        key, kid, claims = entry
        if find(kid) is not key:
            return None
        self.known[digest] = entry
        return claims

    def add(self, token: str, key: Key, kid: str | None, claims: Claims) -> None:
        """Keeps the claims of a token that `key` has signed."""
        self.known[hashlib.sha256(token.encode()).digest()] = key, kid, claims
        while len(self.known) > MOST_VERIFIED:
            self.known.popitem(last=False)


def _public_keys(document: object) -> dict[str | None, Key]:
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("this is not a JWK set")
    keys: dict[str | None, Key] = {}
    for entry in document["keys"]:
        if entry.get("kty") in ("OKP", "RSA") and entry.get("use", "sig") == "sig":
            # RFC 9864 gave EdDSA with this curve a name of its own; a key bound to one of the two serves both.
            bound_to_either = entry.get("alg") in ("EdDSA", "Ed25519")
            kept = {name: value for name, value in entry.items() if not (bound_to_either and name == "alg")}
            keys[entry.get("kid")] = jwk.import_key(kept)
    return keys


class Verifier:
    """Turns a bearer token into a Caller, or refuses it."""

    def __init__(
        self,
        keys: KeySource,
        issuer: str,
        audience: str,
        access: Access,
        longest_hours: int = 24,
        machine_hours: int = 9000,
    ) -> None:
        """`longest_hours`: for how long from now a token may be good; `machine_hours`: that of a machine's role."""
        self.keys = keys
        self.access = access
        self.longest, self.longest_of_machine = 3600 * longest_hours, 3600 * machine_hours
        self.claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )

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
        if len(token) > MAX_TOKEN:
            raise TokenRefused()
        try:
            claims = self.keys.verified.claims_of(token, self.keys.find) or self._verified_now(token)
            self.claims.validate(claims)  # each time: its own end is one of them
        except ExpiredTokenError as fault:
            raise TokenExpired() from fault
        # Whatever a forger makes our libraries stumble over is a refused token, never an error of ours.
        except (JoseError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError) as fault:
            log.info("token refused: %s", type(fault).__name__)
            raise TokenRefused() from fault
        return self._caller(claims)

    def _verified_now(self, token: str) -> Claims:
        """The claims of a token, once its signature is found right."""
        found: list[tuple[Key, str | None]] = []

        def key_of(signed: GuestProtocol) -> Key:
            header = signed.headers()
            kid = header["kid"] if isinstance(header.get("kid"), str) else None
            key = self.keys.find(kid)
            if key is None or header.get("alg") not in ALGORITHMS:
                raise ValueError("no such key")
            found.append((key, kid))
            return key

        claims = jwt.decode(token, key_of, algorithms=list(ALGORITHMS)).claims
        _require_plain_instants(claims)
        self.keys.verified.add(token, *found[-1], claims)
        return claims

    def _caller(self, claims: Claims) -> Caller:
        subject, role = claims["sub"], claims.get("role")
        if not _is_text(subject) or not subject.isprintable():
            raise TokenRefused()
        named = {field: claims[claim] for claim, field in self.access.claims.items() if claims.get(claim) is not None}
        token_id = claims.get("jti")
        texts = [*named.values(), *([] if token_id is None else [token_id])]
        if not all(map(_is_visible, [subject, *filter(_is_string, texts)])):
            raise TokenRefused()
        is_machine = isinstance(role, str) and role in self.access.machines
        longest = self.longest_of_machine if is_machine else self.longest
        if claims["exp"] > time.time() + longest + LEEWAY:
            raise TokenTooLong(longest_hours=longest // 3600)
        if not isinstance(role, str) or role not in self.access.roles or not all(map(_is_text, texts)):
            raise RoleUnknown()
        needed = self.access.claim_of_role.get(role)
        if needed is not None and self.access.claims[needed] not in named:
            raise RoleUnknown()
        return self.access.caller(subject, role, token_id=token_id, **named)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_CLAIM


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_visible(text: str) -> bool:
    """Whether the text is one that can be stored and shown."""
    return bounds.text_violation(text, MAX_TOKEN) is None


def _require_plain_instants(claims: Claims) -> None:
    for name in ("exp", "nbf", "iat"):
        instant = claims.get(name, 0)
        if isinstance(instant, bool) or not isinstance(instant, int | float) or not 0 <= instant <= LATEST:
            raise ValueError(f"{name} is no instant")
