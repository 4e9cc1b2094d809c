"""What the two imports share: their outcome, and filling contact points in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from registry import storage
from registry.domain.contact import Contact
from registry.sealing import Vault
from registry.usecases import contacts
from registry.usecases.workbook import Rejection

# Beyond this many faults the file is the wrong one; `rejected_rows` still counts them all.
MAX_REJECTIONS = 2000


@dataclass
class Outcome:
    """How many rows came in anew, as they were, or changed; and each fault of those that did not."""

    created: int = 0
    unchanged: int = 0
    updated: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def rejected_rows(self) -> int:
        return len({rejection.row for rejection in self.rejections})

    def count(self, existed: bool, changed: bool) -> None:
        """Counts a row that landed."""
        if not existed:
            self.created += 1
        elif changed:
            self.updated += 1
        else:
            self.unchanged += 1

    def view(self, language: str) -> dict[str, Any]:
        """The answer, each reason in the caller's language."""
        rejected = [
            {"row": fault.row, "column": fault.column, "letter": fault.letter, "reason": fault.fault.sentence(language)}
            for fault in self.rejections[:MAX_REJECTIONS]
        ]
        return {**self.summary(), "rejected": rejected}

    def summary(self) -> dict[str, int]:
        """The figures, for the audit log."""
        return {
            "created": self.created,
            "unchanged": self.unchanged,
            "updated": self.updated,
            "rejected_rows": self.rejected_rows,
        }


def contacts_of(session: Session, owner_ids: list[str]) -> dict[str, Contact]:
    """The contacts of many owners, locked in one order."""
    locked = select(Contact).where(storage.contact.c.id.in_(owner_ids)).order_by(storage.contact.c.id).with_for_update()
    return {contact.id: contact for contact in session.scalars(locked)}


def put_contact(
    session: Session, kept: Contact | None, fresh: Contact, fields: dict[str, Any], vault: Vault, clock: Clock
) -> bool:
    """Gives the owner the row's contact points; False if they are what they were, or the row has none."""
    phone, email = fields["phone"], fields["email"]
    if phone is None and email is None:
        return False
    return contacts.replace(session, kept, fresh, phone, email, vault, clock)
