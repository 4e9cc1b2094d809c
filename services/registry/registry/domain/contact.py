"""How an owner is reached. What is kept and announced here is sealed; this service's answers show it masked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from registry.events import ContactChanged


class OwnerKind(StrEnum):
    """Who is reached."""

    ENTERPRISE = "enterprise"
    PERSON = "person"
    DIVISION = "division"  # its staff


@dataclass(frozen=True)
class ContactPoints:
    """Where somebody is reached, in clear or masked."""

    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class SealedContact:
    """The two points as they are stored, and both as they travel: `jwe`, which notifications alone can open."""

    phone: str | None
    email: str | None
    jwe: str


@dataclass
class Contact:
    """The sealed contact points of a person, an enterprise or a division's staff."""

    id: str  # the owner's id
    owner_kind: OwnerKind
    division: str
    phone: str | None = None
    email: str | None = None
    version: int = 0

    def change(
        self, present: ContactPoints, wanted: ContactPoints, seal: Callable[[str, ContactPoints], SealedContact]
    ) -> ContactChanged | None:
        """Replaces both points, sealed by `seal(owner id, points)`; None if they are what they were."""
        if present == wanted:
            return None
        sealed = seal(self.id, wanted)
        self.phone, self.email = sealed.phone, sealed.email
        return ContactChanged(owner_kind=str(self.owner_kind), owner_id=self.id, jwe=sealed.jwe)
