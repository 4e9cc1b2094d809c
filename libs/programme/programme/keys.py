"""The keys of an installation that has no identity provider and no key store: made once, kept in a folder.

    python -m programme.keys FOLDER                        makes what is missing
    python -m programme.keys FOLDER token ROLE [DIVISION]  signs a token

They sign tokens, encrypt personal data and read contact points. The local run and docker-compose.yml use them; a
production installation has its own keys and its own issuer.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import time
from pathlib import Path

from joserfc import jwk, jwt

ISSUER = "https://id.cqo.invalid/"
AUDIENCE = "cqo"
ALGORITHM = "Ed25519"
FEED_TOKEN_HOURS = 24 * 365


class Keys:
    """The secrets in `folder`, as the environment of the services and as a signer of tokens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jwks = folder / "jwks.json"
        if not (folder / "complete").exists():
            self._make()
        self._signing = jwk.import_key(json.loads((folder / "signing.jwk").read_text()))

    def _make(self) -> None:
        signing = jwk.OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)
        contact = jwk.ECKey.generate_key("P-256", {"use": "enc"}, private=True, auto_kid=True)
        self._write("signing.jwk", json.dumps(signing.as_dict(private=True)))
        self._write("jwks.json", json.dumps({"keys": [signing.as_dict(private=False)]}))
        self._write("contact_private.jwk", json.dumps(contact.as_dict(private=True)))
        self._write("contact_public.jwk", json.dumps(contact.as_dict(private=False)))
        for name in ("pii_key", "pii_index_key"):
            self._write(name, base64.b64encode(secrets.token_bytes(32)).decode())
        self._write("complete", "")

    def _write(self, name: str, content: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.folder / f".{name}.{os.getpid()}"
        new.touch(mode=0o600)
        new.write_text(content)
        new.replace(self.folder / name)

    def environment(self) -> dict[str, str]:
        """The settings by which services find the keys."""
        return {
            "CQO_JWKS": str(self.jwks),
            "CQO_TOKEN_ISSUER": ISSUER,
            "CQO_TOKEN_AUDIENCE": AUDIENCE,
            "CQO_FEED_TOKEN": self.feed_token(),
            "CQO_PII_KEY_FILE": str(self.folder / "pii_key"),
            "CQO_PII_INDEX_KEY_FILE": str(self.folder / "pii_index_key"),
            "CQO_CONTACT_PUBLIC_KEY_FILE": str(self.folder / "contact_public.jwk"),
            # Only notifications may read contact points, so only it is given the private key.
            "CQO_CONTACT_PRIVATE_KEY_NOTIFICATIONS_FILE": str(self.folder / "contact_private.jwk"),
        }

    def feed_token(self) -> str:
        """The token with which the services read each other's feeds."""
        return self.token("service", subject="cqo-feed", hours=FEED_TOKEN_HOURS)

    def write_feed_token(self) -> None:
        """Writes such a token into the folder, for CQO_FEED_TOKEN_FILE."""
        self._write("feed_token", self.feed_token())

    def token(
        self,
        role: str,
        *,
        subject: str | None = None,
        hours: float = 12,
        division: str | None = None,
        enterprise: str | None = None,
        person: str | None = None,
    ) -> str:
        """A bearer token for `role`, with the claims that are given: a division's code, the ids of the others."""
        claims = {"division": division, "enterprise": enterprise, "person": person}
        now = int(time.time())
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject or f"local-{role}",
            "iat": now,
            "exp": now + int(hours * 3600),
            "jti": secrets.token_hex(8),
            "role": role,
            **{name: value for name, value in claims.items() if value is not None},
        }
        header = {"alg": ALGORITHM, "kid": self._signing.kid}
        return jwt.encode(header, payload, self._signing, algorithms=[ALGORITHM])


def main(arguments: list[str]) -> int:
    match arguments:
        case [folder]:
            Keys(Path(folder)).write_feed_token()
        case [folder, "token", role, *division]:
            sys.stdout.write(Keys(Path(folder)).token(role, division=division[0] if division else None) + "\n")
        case _:
            sys.stderr.write("usage: python -m programme.keys FOLDER [token ROLE [DIVISION]]\n")
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
