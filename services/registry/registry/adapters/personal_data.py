"""Seals personal data: at rest with this service's key, on its way to notifications with theirs."""

from __future__ import annotations

import json
from collections.abc import Callable

from joserfc.jwk import ECKey

from chassis.security import Cipher, mask_email, mask_id_number, mask_phone
from registry.adapters.jwe import Agreement
from registry.config import Settings
from registry.domain.contact import Contact, ContactPoints, SealedContact
from registry.domain.person import Person


class PersonalDataCipher:
    """Seals and opens what may not be read in the database, in an event or in a log."""

    def __init__(self, cipher: Cipher, contact_key: ECKey) -> None:
        self.cipher = cipher
        self.contact_key = contact_key
        Agreement(contact_key)  # a key that is none says so now

    def for_many(self) -> Callable[[str, ContactPoints], SealedContact]:
        """A `seal_contact` for the contacts of one batch: they share a key agreement, and nothing else."""
        agreement = Agreement(self.contact_key)
        return lambda owner_id, points: self._seal_contact(owner_id, points, agreement)

    @classmethod
    def from_settings(cls, settings: Settings) -> PersonalDataCipher:
        """The cipher with the service's configured keys."""
        key = ECKey.import_key(json.loads(settings.contact_public_key))
        return cls(Cipher(settings.pii_key, settings.pii_index_key), key)

    def seal_id_number(self, number: str) -> tuple[str, str]:
        """The ciphertext to store and the index to find it by."""
        index = self.index(number)
        return self.cipher.seal(number, f"id_number:{index}"), index

    def index(self, number: str) -> str:
        """The keyed index of an ID number."""
        return self.cipher.index(number)

    def open_id_number(self, person: Person) -> str:
        """The ID number in clear; it opens only beside its own index."""
        return self.cipher.open(person.id_number, f"id_number:{person.id_number_index}")

    def masked_id_number(self, person: Person) -> str:
        """The ID number as answers show it."""
        return mask_id_number(self.open_id_number(person))

    def seal_list(self, job_id: str, content: bytes) -> bytes:
        """A list with personal data in it, as it was sent, bound to its job."""
        return self.cipher.seal_bytes(content, f"import:{job_id}")

    def open_list(self, job_id: str, sealed: bytes) -> bytes:
        """The list in clear."""
        return self.cipher.open_bytes(sealed, f"import:{job_id}")

    def seal_contact(self, owner_id: str, points: ContactPoints) -> SealedContact:
        """Both points sealed for storage, bound to their owner, and sealed to notifications' key."""
        return self._seal_contact(owner_id, points, Agreement(self.contact_key))

    def _seal_contact(self, owner_id: str, points: ContactPoints, agreement: Agreement) -> SealedContact:
        plain = json.dumps({"email": points.email, "phone": points.phone}).encode()
        return SealedContact(
            phone=self.cipher.seal(points.phone, f"phone:{owner_id}") if points.phone else None,
            email=self.cipher.seal(points.email, f"email:{owner_id}") if points.email else None,
            jwe=agreement.seal(plain),
        )

    def open_contact(self, contact: Contact) -> ContactPoints:
        """The contact points in clear."""
        return ContactPoints(
            phone=self.cipher.open(contact.phone, f"phone:{contact.id}") if contact.phone else None,
            email=self.cipher.open(contact.email, f"email:{contact.id}") if contact.email else None,
        )

    def masked_contact(self, contact: Contact) -> ContactPoints:
        """The contact points as answers show them."""
        return self.masked_points(contact.id, contact.phone, contact.email)

    def masked_points(self, owner_id: str, phone: str | None, email: str | None) -> ContactPoints:
        """The same of an owner's two sealed points."""
        return masked(
            ContactPoints(
                phone=self.cipher.open(phone, f"phone:{owner_id}") if phone else None,
                email=self.cipher.open(email, f"email:{owner_id}") if email else None,
            )
        )


def masked(points: ContactPoints) -> ContactPoints:
    """Contact points in clear as answers show them."""
    return ContactPoints(
        phone=mask_phone(points.phone) if points.phone else None,
        email=mask_email(points.email) if points.email else None,
    )
