"""Those whom an event concerns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RecipientKind(StrEnum):
    """Whom a notice is for."""

    PERSON = "person"
    ENTERPRISE = "enterprise"
    DIVISION = "division"


@dataclass(frozen=True)
class Mentions:
    """The ids that an event mentions; None where it mentions none of that kind."""

    person_id: str | None = None
    enterprise_id: str | None = None
    division: str | None = None
    appointment_id: str | None = None
    class_id: str | None = None
    # A certificate outlives jobs: what happens to it concerns its holder's present employer.
    concerns_present_employer: bool = False
    # It is the province's office that has to know, whichever division it happened in.
    concerns_province: bool = False


@dataclass(frozen=True)
class Parties:
    """The person, the enterprise and the division an event concerns; None where there is none."""

    person_id: str | None = None
    enterprise_id: str | None = None
    division: str | None = None

    def of(self, recipient_kind: RecipientKind) -> str | None:
        """The id of the party of that kind."""
        match recipient_kind:
            case RecipientKind.PERSON:
                return self.person_id
            case RecipientKind.ENTERPRISE:
                return self.enterprise_id
            case RecipientKind.DIVISION:
                return self.division
