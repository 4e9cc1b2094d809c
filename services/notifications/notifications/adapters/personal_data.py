"""Contact points: opened with the key they were sealed to, kept sealed with this service's own."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass

from joserfc import jwe
from joserfc.jwk import ECKey

from chassis.security import Cipher, mask_email, mask_phone
from notifications.config import Settings
from notifications.domain.notice import Channel

ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]
# What may stand in a letter's header and in an SMTP command: one address, and nothing that ends a line.
ADDRESS = re.compile(r"[^@\s<>,;\"\x00-\x1f\x7f]+@[^@\s<>,;\"\x00-\x1f\x7f]+")
# What an address is sealed as.
FIELDS = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.ROBOT: "robot"}


class BadContact(Exception):
    """What the seal held is not a contact: no object with `email` and `phone`, or no usable address."""


@dataclass(frozen=True)
class SealedContact:
    """The two contact points as they are stored."""

    email: str | None
    phone: str | None


class PersonalDataCipher:
    """Opens what was sealed for this service, and seals it again to be kept."""

    def __init__(self, cipher: Cipher, contact_key: ECKey) -> None:
        self.cipher = cipher
        self.contact_key = contact_key

    @classmethod
    def from_settings(cls, settings: Settings) -> PersonalDataCipher:
        """The personal_data with the service's configured keys."""
        key = ECKey.import_key(json.loads(settings.contact_private_key))
        return cls(Cipher(settings.pii_key, settings.pii_index_key), key)

    def reseal(self, owner_id: str, token: str) -> SealedContact:
        """The points in a compact JWE, sealed for storage and bound to their owner; raises if it was tampered with."""
        points = json.loads(jwe.decrypt_compact(token, self.contact_key, algorithms=ALGORITHMS).plaintext or b"")
        if not isinstance(points, dict):
            raise BadContact(BadContact.__doc__)
        email, phone = points.get("email"), points.get("phone")
        if email is not None and not (isinstance(email, str) and ADDRESS.fullmatch(email)):
            raise BadContact(BadContact.__doc__)
        return SealedContact(
            email=self.cipher.seal(email, f"email:{owner_id}") if email else None,
            phone=self.cipher.seal(str(phone), f"phone:{owner_id}") if phone else None,
        )

    def open_address(self, channel: Channel, owner_id: str, sealed: str) -> str:
        """An address in clear; it opens only beside its owner."""
        return self.cipher.open(sealed, f"{FIELDS[channel]}:{owner_id}")

    def seal_address(self, channel: Channel, owner_id: str, address: str) -> str:
        """An address, sealed for storage and bound to its owner."""
        return self.cipher.seal(address, f"{FIELDS[channel]}:{owner_id}")

    def masked_address(self, channel: Channel, owner_id: str, sealed: str | None) -> str | None:
        """An address as answers show it."""
        if sealed is None:
            return None
        address = self.open_address(channel, owner_id, sealed)
        match channel:
            case Channel.EMAIL:
                return mask_email(address)
            case Channel.SMS:
                return mask_phone(address)
        return "***"  # a robot's URL holds its key

    def new_pseudonym_key(self, subscription_id: str) -> str:
        """A new key, sealed, that makes the pseudonyms of a subscription."""
        return self.cipher.seal(secrets.token_hex(32), f"pseudonym:{subscription_id}")

    def open_pseudonym_key(self, subscription_id: str, sealed: str) -> bytes:
        """The key in clear."""
        return bytes.fromhex(self.cipher.open(sealed, f"pseudonym:{subscription_id}"))
