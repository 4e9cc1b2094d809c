"""The issuer of tokens of an installation that has no identity provider: its key is made once, and kept in a folder.

    python -m programme.keys FOLDER token ROLE [DIVISION]  signs a token

The local run and docker-compose.yml use it; a production installation has its own issuer. No service reads this folder.
"""

from __future__ import annotations

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


def new_signing_key() -> jwk.OKPKey:
    """A new pair of keys to sign with, tokens or anything else."""
    return jwk.OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)


class Keys:
    """The signing key in `folder`, made at the first use."""

    def __init__(self, folder: Path) -> None:
        path = folder / "signing.jwk"
        if not path.exists():
            key = new_signing_key()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_secret(path, json.dumps(key.as_dict(private=True)))
        self._signing = jwk.import_key(json.loads(path.read_text()))

    @property
    def jwks(self) -> str:
        """The public key, in the form in which services are given it."""
        return json.dumps({"keys": [self._signing.as_dict(private=False)]})

    def feed_token(self, service: str) -> str:
        """The token with which `service` reads the others' feeds."""
        return self.token("service", subject=f"{service}-feed", hours=FEED_TOKEN_HOURS)

    def token(
        self,
        role: str,
        *,
        subject: str | None = None,
        hours: float = 12,
        division: str | None = None,
        enterprise: str | None = None,
        person: str | None = None,
        subscriber: str | None = None,
    ) -> str:
        """A bearer token for `role`, with the claims that are given: a division's code, the ids of the others."""
        claims = {"division": division, "enterprise": enterprise, "person": person, "subscriber": subscriber}
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


def write_secret(path: Path, content: str, uid: int = -1, mode: int = 0o400) -> None:
    """Writes `content` at once, readable by its owner alone from the first moment; `uid` is who owns it, -1: we."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    os.chown(new, uid, -1)
    new.chmod(mode)
    new.replace(path)


def main(arguments: list[str]) -> int:
    match arguments:
        case [folder, "token", role, *division]:
            sys.stdout.write(Keys(Path(folder)).token(role, division=division[0] if division else None) + "\n")
            return 0
    sys.stderr.write("usage: python -m programme.keys FOLDER token ROLE [DIVISION]\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
