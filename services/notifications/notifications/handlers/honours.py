"""Honours: what is read of their events, which are announced and change nothing else here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notifications.domain.recipients import Mentions


@dataclass(frozen=True, kw_only=True)
class OfHonour:
    honour_id: str
    enterprise_id: str
    person_id: str | None = None
    document: str
    on: date

    @property
    def mentions(self) -> Mentions:
        return Mentions(person_id=self.person_id, enterprise_id=self.enterprise_id)


@dataclass(frozen=True, kw_only=True)
class HonourGiven(OfHonour):
    title: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class HonourWithdrawn(OfHonour):
    reason: str
