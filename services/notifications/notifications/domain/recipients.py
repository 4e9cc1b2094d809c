"""Those whom an event concerns."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.domain.announcements import DIVISION, ENTERPRISE, PERSON


@dataclass(frozen=True)
class Parties:
    """The person, the enterprise and the division an event concerns; None where there is none."""

    person_id: str | None = None
    enterprise_id: str | None = None
    division: str | None = None

    def of(self, recipient_kind: str) -> str | None:
        """The id of the party of that kind."""
        return {PERSON: self.person_id, ENTERPRISE: self.enterprise_id, DIVISION: self.division}[recipient_kind]
