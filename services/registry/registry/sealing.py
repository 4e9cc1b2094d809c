"""Keeps personal data sealed: at rest with this service's key, on its way to notifications with theirs."""

from __future__ import annotations

import json
from dataclasses import dataclass

from joserfc import jwe
from joserfc.jwk import ECKey

from chassis.security import Cipher, mask_email, mask_id_number, mask_phone
from registry.config import Settings

JWE_HEADER = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}


@dataclass(frozen=True)
class SealedContact:
    """The two contact points as they are stored, and as they travel."""

    phone: str | None
    email: str | None
    jwe: str


class Vault:
    """Seals and opens what may not be read in the database, in an event or in a log."""

    def __init__(self, cipher: Cipher, contact_key: ECKey) -> None:
        self.cipher = cipher
        self.contact_key = contact_key

    @classmethod
    def from_settings(cls, settings: Settings) -> Vault:
        """The vault with the service's configured keys."""
        key = ECKey.import_key(json.loads(settings.contact_public_key))
        return cls(Cipher(settings.pii_key, settings.pii_index_key), key)

    def seal_id_number(self, number: str) -> tuple[str, str]:
        """The ciphertext to store and the index to find it by."""
        index = self.index(number)
        return self.cipher.seal(number, f"id_number:{index}"), index

    def index(self, number: str) -> str:
        """The keyed index of an ID number."""
        return self.cipher.index(number)

    def open_id_number(self, sealed: str, index: str) -> str:
        """The ID number in clear; it opens only beside its own index."""
        return self.cipher.open(sealed, f"id_number:{index}")

    def masked_id_number(self, sealed: str, index: str) -> str:
        """The ID number as answers show it."""
        return mask_id_number(self.open_id_number(sealed, index))

    def seal_contact(self, owner_id: str, phone: str | None, email: str | None) -> SealedContact:
        """Both points sealed for storage, bound to their owner, and sealed to notifications' key."""
        plain = json.dumps({"email": email, "phone": phone}).encode()
        return SealedContact(
            phone=self.cipher.seal(phone, f"phone:{owner_id}") if phone else None,
            email=self.cipher.seal(email, f"email:{owner_id}") if email else None,
            jwe=jwe.encrypt_compact(JWE_HEADER, plain, self.contact_key, algorithms=list(JWE_HEADER.values())),
        )

    def open_contact(self, owner_id: str, phone: str | None, email: str | None) -> tuple[str | None, str | None]:
        """Phone and e-mail in clear."""
        return (
            self.cipher.open(phone, f"phone:{owner_id}") if phone else None,
            self.cipher.open(email, f"email:{owner_id}") if email else None,
        )

    def masked_contact(self, owner_id: str, phone: str | None, email: str | None) -> tuple[str | None, str | None]:
        """Phone and e-mail as answers show them."""
        clear_phone, clear_email = self.open_contact(owner_id, phone, email)
        return (mask_phone(clear_phone) if clear_phone else None, mask_email(clear_email) if clear_email else None)
