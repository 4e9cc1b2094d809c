"""How an owner is reached. What is kept and announced here is sealed; this service's answers show it masked."""

from __future__ import annotations

from dataclasses import dataclass

from registry.events import ContactChanged


@dataclass
class Contact:
    """The sealed contact points of a person, an enterprise or a division's staff."""

    id: str  # the owner's id
    owner_kind: str
    division: str
    phone: str | None = None
    email: str | None = None
    version: int = 0

    def change(self, phone: str | None, email: str | None, jwe: str) -> ContactChanged:
        """Replaces both sealed points; `jwe` holds the same two for notifications."""
        self.phone, self.email = phone, email
        return ContactChanged(owner_kind=self.owner_kind, owner_id=self.id, jwe=jwe)
