"""The issuer of certificates: its keys, its address, and the name that is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.security import KeyRing
from programme import statements
from programme.statements import Statement
from training.config import Settings

LIST_KIND = "statuslist+jwt"


@dataclass(frozen=True)
class Issuer:
    """Signs what is said of certificates."""

    address: str  # under which people and systems reach this service
    authority: str
    keys: KeyRing

    @classmethod
    def from_settings(cls, settings: Settings) -> Issuer:
        """The issuer that the settings name; ValueError where its keys can't sign."""
        keys = KeyRing(settings.certificate_key, "CQO_CERTIFICATE_KEY")
        if not keys.can_sign:
            raise ValueError("the first key of CQO_CERTIFICATE_KEY is not a private one")
        return cls(settings.certificates_url, settings.certificate_authority, keys)

    @property
    def jwks(self) -> dict[str, Any]:  # Any: JSON
        """The public keys, also those that no longer sign, as a JWK Set."""
        return self.keys.public

    def sign(self, statement: Statement) -> str:
        """A certificate's statement, signed."""
        return statements.sign(statement, self.keys)

    def read(self, signed: str) -> Statement:
        """A statement that this issuer signed; raises Unsigned."""
        return statements.read(signed, self.keys)

    def sign_list(self, content: bytes) -> str:
        """A status list, signed."""
        return self.keys.sign(content, LIST_KIND)
