"""Keys and tokens of a test run; synthetic, made anew for each."""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from chassis.ids import new_id
from chassis.settings import Settings, declared


def secrets_for_tests() -> dict[str, str]:
    """Values for the settings that services ask for and have no default; synthetic, made anew for each run."""
    contact = ECKey.generate_key("P-256")
    audit = OKPKey.generate_key("Ed25519", {"kid": "audit"})
    certificates = OKPKey.generate_key("Ed25519", auto_kid=True)
    return {
        "pii_key": base64.b64encode(os.urandom(32)).decode(),
        "pii_index_key": base64.b64encode(os.urandom(32)).decode(),
        "notice_key": base64.b64encode(os.urandom(32)).decode(),
        "contact_public_key": json.dumps(contact.as_dict(private=False)),
        "contact_private_key": json.dumps(contact.as_dict(private=True)),
        "certificate_key": json.dumps({"keys": [certificates.as_dict(private=True)]}),
        "certificates_url": "http://127.0.0.1:8002",
        "audit_key": json.dumps({"keys": [audit.as_dict(private=True)]}),
    }


class TokenSigner:
    """Signs the tokens of a test run; `jwks` is the file with the public key."""

    def __init__(self, folder: Path) -> None:
        self.key = OKPKey.generate_key("Ed25519", parameters={"kid": "test"})
        self.jwks = folder / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [self.key.as_dict(private=False)]}))

    def token(self, role: str, subject: str | None = None, expires_in: int = 3600, **claims: str) -> str:
        """A token of `role`; further claims are `division`, `enterprise`, `person` and `subscriber`."""
        if role == "system":
            claims.setdefault("subscriber", subject or "test-system")
        defaults = {each.name: each.default for each in declared(Settings)}
        content = {
            "iss": defaults["token_issuer"],
            "aud": defaults["token_audience"],
            "sub": subject or f"test-{role}",
            "role": role,
            "jti": new_id(),
            "exp": int(time.time()) + expires_in,
            **claims,
        }
        return jwt.encode({"alg": "Ed25519", "kid": "test"}, content, self.key, algorithms=["Ed25519"])
